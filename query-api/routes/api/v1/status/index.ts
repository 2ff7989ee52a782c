import type { HttpServer } from '../../../../../platform/http/server.ts';
import { StatusSchema } from '../../../../../schemas/api/status.ts';
import { readStatus } from '../../../../status/read-status.ts';

export default async function status(app: HttpServer): Promise<void> {
  app.get(
    '/',
    {
      config: { permission: 'query', family: 'A' },
      schema: {
        tags: ['Health'],
        summary: 'Get the state of the system',
        description: 'Components, and what is watched of the caller’s organizations.',
        response: { 200: StatusSchema },
      },
    },
    ({ principal, signal }) => readStatus(app.deps, { principal, signal }),
  );
}
