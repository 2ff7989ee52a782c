import type { HttpServer } from '../../../../../../platform/http/server.ts';
import {
  MetricDetailsQuerySchema,
  MetricDetailsSchema,
  MetricPathSchema,
} from '../../../../../../schemas/api/metrics.ts';
import { describeMetric } from '../../../../../describe-metric.ts';
import { findMetric } from '../../../../../find-metric.ts';

export default async function metric(app: HttpServer): Promise<void> {
  const { clickhouse, now } = app.deps;

  app.get(
    '',
    {
      config: { permission: 'query' },
      schema: {
        tags: ['Metrics'],
        summary: 'Get metric details',
        description: 'The definition of a metric and its figures of the last 30 days.',
        params: MetricPathSchema,
        querystring: MetricDetailsQuerySchema,
        response: { 200: MetricDetailsSchema },
      },
    },
    async ({ principal, params, query, signal }) => {
      const found = await findMetric(app.deps, { principal, id: params.id, orgCode: query.orgCode, signal });
      return describeMetric(clickhouse, found, { now: now(), signal });
    },
  );
}
