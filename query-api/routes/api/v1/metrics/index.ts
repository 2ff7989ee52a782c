import type { HttpServer } from '../../../../../platform/http/server.ts';
import { MetricListQuerySchema, MetricListSchema } from '../../../../../schemas/api/metrics.ts';
import { READ_LIMITS } from '../../../../../schemas/api/selection.ts';
import { listMetrics } from '../../../../list-metrics.ts';
import { readSelection } from '../../../../selection.ts';

export default async function metrics(app: HttpServer): Promise<void> {
  const { clickhouse } = app.deps;

  app.get(
    '',
    {
      config: { permission: 'query' },
      schema: {
        tags: ['Metrics'],
        summary: 'Query metrics',
        description:
          'The figures of every metric that has events in the range, or with `groupBy` of every value of a dimension.',
        querystring: MetricListQuerySchema,
        response: { 200: MetricListSchema },
      },
    },
    async ({ principal, query, signal }) => {
      const { groupBy, page = 1, pageSize = READ_LIMITS.metricPageSize } = query;
      const { selection, tenants, meta } = await readSelection(app.deps, { principal, query, signal });
      const { rows, truncated } = await listMetrics(clickhouse, selection, { groupBy, tenants });
      return {
        data: rows.slice((page - 1) * pageSize, page * pageSize),
        meta: { ...meta, page, pageSize, totalCount: rows.length, truncated },
      };
    },
  );
}
