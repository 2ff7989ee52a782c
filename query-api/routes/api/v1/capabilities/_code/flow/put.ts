import type { HttpServer } from '../../../../../../../platform/http/server.ts';
import { FlowParamsSchema, FlowSchema, PutFlowSchema } from '../../../../../../../schemas/api/case-flows.ts';
import { toFlowView } from '../../../../../../cases/case-flows.ts';
import { findCapability } from '../../../../../../cases/find-capability.ts';
import { callOf } from '../../../../../../control/call.ts';

export default async function putsFlow(app: HttpServer): Promise<void> {
  const { directory, control } = app.deps;

  app.put(
    '/',
    {
      config: { permission: 'admin', action: 'flow.put' },
      schema: {
        tags: ['Cases', 'Extensions'],
        summary: 'Define the flow of a capability',
        description:
          'Extension. Creates or replaces it; what is left out gets its default. Within seconds it holds for the cases that are known, open ones and those that ended in the last 45 days.',
        params: FlowParamsSchema,
        body: PutFlowSchema,
        response: { 200: FlowSchema },
      },
    },
    async (request) => {
      const { principal, params, body } = request;
      const question = { principal, code: params.code, orgCode: body.orgCode, purpose: 'write' } as const;
      const place = await findCapability(directory, question);
      return toFlowView(place, await control.putFlow(callOf(request), { ...place, definition: body }));
    },
  );
}
