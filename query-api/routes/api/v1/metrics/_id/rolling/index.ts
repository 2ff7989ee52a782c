import { invalidRequest } from '../../../../../../../platform/http/issues.ts';
import type { HttpServer } from '../../../../../../../platform/http/server.ts';
import { MetricPathSchema } from '../../../../../../../schemas/api/metrics.ts';
import { DEFAULT_HOURS, RollingQuerySchema, RollingSchema } from '../../../../../../../schemas/api/rolling.ts';
import { findMetric } from '../../../../../../find-metric.ts';
import { readRecentRange } from '../../../../../../range.ts';
import { readRolling } from '../../../../../../read-rolling.ts';

export default async function rolling(app: HttpServer): Promise<void> {
  const { clickhouse, now } = app.deps;

  app.get(
    '',
    {
      config: { permission: 'query' },
      schema: {
        tags: ['Metrics', 'Extensions'],
        summary: 'Get rolling percentiles',
        description:
          'Extension. Percentiles over a sliding window, moved on minute by minute as events come, by the time of the events; within 1 % of the exact ones.',
        params: MetricPathSchema,
        querystring: RollingQuerySchema,
        response: { 200: RollingSchema },
      },
    },
    async ({ principal, params, query, signal }) => {
      const { window = '1h', orgCode } = query;
      const result = readRecentRange(query, { now: now(), hours: DEFAULT_HOURS });
      if ('issue' in result) throw invalidRequest('querystring', [result.issue]);
      const found = await findMetric(app.deps, { principal, id: params.id, orgCode, signal });
      const { range, meta } = result;
      const { points, truncated } = await readRolling(clickhouse, { ...found, window, range, signal });
      return { metricId: found.metric.id, window, points, meta: { ...meta, truncated } };
    },
  );
}
