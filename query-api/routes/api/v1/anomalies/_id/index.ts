import type { HttpServer } from '../../../../../../platform/http/server.ts';
import { AnomalyDetailsSchema, AnomalyPathSchema } from '../../../../../../schemas/api/anomalies.ts';
import { showAnomaly } from '../../../../../anomalies/show-anomaly.ts';

export default async function anomaly(app: HttpServer): Promise<void> {
  app.get(
    '/',
    {
      config: { permission: 'query', family: 'A', extension: true },
      schema: {
        tags: ['Anomalies'],
        summary: 'Get an anomaly with its explanation',
        params: AnomalyPathSchema,
        response: { 200: AnomalyDetailsSchema },
      },
    },
    ({ principal, params: { id }, signal }) => showAnomaly(app.deps, { principal, id, signal }),
  );
}
