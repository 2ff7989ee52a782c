import type { HttpServer } from '../../../../../../../platform/http/server.ts';
import { DeletedFlowSchema, FlowParamsSchema, FlowQuerySchema } from '../../../../../../../schemas/api/case-flows.ts';
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
        description: 'Extension. Its cases then stay open, and none is at risk.',
        params: FlowParamsSchema,
        querystring: FlowQuerySchema,
        response: { 200: DeletedFlowSchema },
      },
    },
    async (request) => {
      const { principal, params, query } = request;
      const question = { principal, code: params.code, orgCode: query.orgCode, purpose: 'write' } as const;
      const place = await findCapability(directory, question);
      const deleted = await control.deleteFlow(callOf(request), place);
      return { orgCode: place.tenant.code, capabilityCode: place.capability, deleted };
    },
  );
}
