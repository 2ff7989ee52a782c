import type { HttpServer } from '../../../../../../../platform/http/server.ts';
import { FlowParamsSchema, FlowQuerySchema, FlowSchema } from '../../../../../../../schemas/api/case-flows.ts';
import { toFlowView } from '../../../../../../cases/case-flows.ts';
import { findCapability } from '../../../../../../cases/find-capability.ts';
import { callOf } from '../../../../../../control/call.ts';

export default async function deletesFlow(app: HttpServer): Promise<void> {
  const { directory, control } = app.deps;

  app.delete(
    '/',
    {
      config: { permission: 'admin', action: 'flow.delete' },
      schema: {
        tags: ['Cases', 'Extensions'],
        summary: 'Delete the flow of a capability',
        description: 'Extension. Answers with what is gone. Its cases then stay open, and none is at risk.',
        params: FlowParamsSchema,
        querystring: FlowQuerySchema,
        response: { 200: FlowSchema },
      },
    },
    async (request) => {
      const { principal, params, query } = request;
      const question = { principal, code: params.code, orgCode: query.orgCode, purpose: 'write' } as const;
      const place = await findCapability(directory, question);
      return toFlowView(place, await control.deleteFlow(callOf(request), place));
    },
  );
}
