import { forbidden } from '../../../../../platform/errors.ts';
import type { HttpServer } from '../../../../../platform/http/server.ts';
import {
  DEAD_LETTER_LIMITS,
  DeadLetterListSchema,
  DeadLetterQuerySchema,
} from '../../../../../schemas/api/dead-letters.ts';

export default async function deadLetters(app: HttpServer): Promise<void> {
  const { deadLetters } = app.deps;

  app.get(
    '/',
    {
      config: { permission: 'platform', extension: true },
      schema: {
        tags: ['Dead letters'],
        summary: 'List records that could not be read',
        description:
          'Newest first, for 30 days. Only for keys that span the whole platform: of an unreadable record nobody knows whose it is.',
        querystring: DeadLetterQuerySchema,
        response: { 200: DeadLetterListSchema },
      },
    },
    async ({ principal, query }) => {
      if (principal.tenants !== 'all') throw forbidden();
      const { page = 1, pageSize = DEAD_LETTER_LIMITS.defaultPageSize } = query;
      const { letters, totalCount } = await deadLetters.list({ offset: (page - 1) * pageSize, limit: pageSize });
      return { data: letters, meta: { page, pageSize, totalCount } };
    },
  );
}
