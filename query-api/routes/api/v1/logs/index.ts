import type { HttpServer } from '../../../../../platform/http/server.ts';
import { LogListQuerySchema, LogListSchema } from '../../../../../schemas/api/telemetry-reads.ts';
import { listLogs } from '../../../../telemetry/list-logs.ts';

export default async function logs(app: HttpServer): Promise<void> {
  app.get(
    '',
    {
      config: { permission: 'query' },
      schema: {
        tags: ['Telemetry', 'Extensions'],
        summary: 'List log events',
        description:
          'Extension. Newest first. How many there are by service, level and time say the metrics `logs.<level>` of a service.',
        querystring: LogListQuerySchema,
        response: { 200: LogListSchema },
      },
    },
    ({ principal, query, signal }) => listLogs(app.deps, { principal, query, signal }),
  );
}
