import type { HttpServer } from '../../../../../platform/http/server.ts';
import { SloListQuerySchema, SloListSchema } from '../../../../../schemas/api/slo.ts';
import { listSlos } from '../../../../slo/list-slos.ts';

export default async function slos(app: HttpServer): Promise<void> {
  app.get(
    '/',
    {
      config: { permission: 'query', extension: true },
      schema: {
        tags: ['SLOs'],
        summary: 'List SLOs',
        description:
          'The SLOs of one organization, or of all that the key may touch, in the order of their ids, each with its status.',
        querystring: SloListQuerySchema,
        response: { 200: SloListSchema },
      },
    },
    async ({ principal, query, signal }) => listSlos(app.deps, { principal, query, signal }),
  );
}
