import type { HttpServer } from '../../../../../platform/http/server.ts';
import { AnomalyListSchema, AnomalyQuerySchema } from '../../../../../schemas/api/anomalies.ts';
import { listAnomalies } from '../../../../anomalies/list-anomalies.ts';

export default async function anomalies(app: HttpServer): Promise<void> {
  app.get(
    '/',
    {
      config: { permission: 'query', family: 'A' },
      schema: {
        tags: ['Anomalies'],
        summary: 'List anomalies',
        description:
          'Newest first. Every alert that was posted is one, of kind `alert`, from its start on; it is resolved when its sender says so.',
        querystring: AnomalyQuerySchema,
        response: { 200: AnomalyListSchema },
      },
    },
    ({ principal, query, signal }) => listAnomalies(app.deps, { principal, query, signal }),
  );
}
