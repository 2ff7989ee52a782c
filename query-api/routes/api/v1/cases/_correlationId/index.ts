import type { HttpServer } from '../../../../../../platform/http/server.ts';
import { CaseDetailsQuerySchema, CaseDetailsSchema, CasePathSchema } from '../../../../../../schemas/api/cases.ts';
import { showCase } from '../../../../../cases/show-case.ts';

export default async function oneCase(app: HttpServer): Promise<void> {
  app.get(
    '/',
    {
      config: { permission: 'query' },
      schema: {
        tags: ['Cases', 'Extensions'],
        summary: 'Get a case',
        description:
          'Extension. Its milestones with the durations between them, its age, when it is due and its risk. `capability` is needed when several capabilities have a case of that id.',
        params: CasePathSchema,
        querystring: CaseDetailsQuerySchema,
        response: { 200: CaseDetailsSchema },
      },
    },
    ({ principal, params, query, signal }) => showCase(app.deps, { principal, ...params, query, signal }),
  );
}
