import type { HttpServer } from '../../../../../platform/http/server.ts';
import { CaseListSchema, CaseQuerySchema } from '../../../../../schemas/api/cases.ts';
import { listCases } from '../../../../cases/list-cases.ts';

export default async function cases(app: HttpServer): Promise<void> {
  app.get(
    '/',
    {
      config: { permission: 'query' },
      schema: {
        tags: ['Cases', 'Extensions'],
        summary: 'List cases',
        description:
          'Extension. A case is what the `Milestone` events of one capability and correlation id tell; `from` and `to` bound its first milestone. Risks are judged once a minute.',
        querystring: CaseQuerySchema,
        response: { 200: CaseListSchema },
      },
    },
    ({ principal, query, signal }) => listCases(app.deps, { principal, query, signal }),
  );
}
