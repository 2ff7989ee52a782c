import type { HttpServer } from '../../../../../../../platform/http/server.ts';
import {
  AnomalyDetailsSchema,
  AnomalyPathSchema,
  ResolveAnomalySchema,
} from '../../../../../../../schemas/api/anomalies.ts';
import { resolveAnomaly } from '../../../../../../anomalies/show-anomaly.ts';
import { callOf } from '../../../../../../control/call.ts';

export default async function resolve(app: HttpServer): Promise<void> {
  app.post(
    '/',
    {
      config: { permission: 'incidents', family: 'A', extension: true, action: 'anomaly.resolve' },
      schema: {
        tags: ['Anomalies'],
        summary: 'Resolve an anomaly by hand',
        description:
          'Alerts too. Resolving it again changes nothing. What found it goes on judging: when the series departs anew after it was as expected, that is another anomaly.',
        params: AnomalyPathSchema,
        body: ResolveAnomalySchema,
        response: { 200: AnomalyDetailsSchema },
      },
    },
    (request) => {
      const { principal, params, body, signal } = request;
      return resolveAnomaly(app.deps, callOf(request), { principal, id: params.id, note: body.note ?? '', signal });
    },
  );
}
