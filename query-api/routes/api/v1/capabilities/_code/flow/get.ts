import { notFound } from '../../../../../../../platform/errors.ts';
import type { HttpServer } from '../../../../../../../platform/http/server.ts';
import { FlowParamsSchema, FlowQuerySchema, FlowSchema } from '../../../../../../../schemas/api/case-flows.ts';
import { toFlowView } from '../../../../../../cases/case-flows.ts';
import { findCapability } from '../../../../../../cases/find-capability.ts';

export default async function getFlow(app: HttpServer): Promise<void> {
  const { directory, control } = app.deps;

  app.get(
    '/',
    {
      config: { permission: 'query' },
      schema: {
        tags: ['Cases', 'Extensions'],
        summary: 'Get the flow of a capability',
        description: 'Extension. What ends its cases, and how long they and their stages may take.',
        params: FlowParamsSchema,
        querystring: FlowQuerySchema,
        response: { 200: FlowSchema },
      },
    },
    async ({ principal, params: { code }, query: { orgCode } }) => {
      const place = await findCapability(directory, { principal, code, orgCode, purpose: 'read' });
      const flow = await control.readFlow(place);
      if (flow === undefined) throw notFound();
      return toFlowView(place, flow);
    },
  );
}
