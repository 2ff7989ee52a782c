import { invalidRequest } from '../../../../../../../platform/http/issues.ts';
import type { HttpServer } from '../../../../../../../platform/http/server.ts';
import {
  MetricPathSchema,
  type SeriesQuery,
  SeriesQuerySchema,
  SeriesSchema,
} from '../../../../../../../schemas/api/metrics.ts';
import { findZone, startOfZoneDate, UTC, type Zone } from '../../../../../../../schemas/zone.ts';
import { type Bucket, countBuckets, listBuckets, MAX_BUCKETS } from '../../../../../../buckets.ts';
import { findMetric } from '../../../../../../find-metric.ts';
import { type Range, readRange } from '../../../../../../range.ts';
import { readSeries } from '../../../../../../read-series.ts';

export default async function series(app: HttpServer): Promise<void> {
  const { clickhouse, now } = app.deps;

  app.get(
    '',
    {
      config: { permission: 'query' },
      schema: {
        tags: ['Metrics'],
        summary: 'Get a time series',
        description: `One point for each interval that has events, at most ${MAX_BUCKETS}.`,
        params: MetricPathSchema,
        querystring: SeriesQuerySchema,
        response: { 200: SeriesSchema },
      },
    },
    async ({ principal, params, query, signal }) => {
      const { interval = 'day', fill, orgCode } = query;
      const zone = readZone(query.tz);
      const range = readSeriesRange(query, zone, now());
      const buckets = boundedBuckets(range, interval, zone);
      const { tenant, metric, subjectKind } = await findMetric(app.deps, { principal, id: params.id, orgCode, signal });
      const { capability, metricType } = metric;
      const selection = { subjectKind, tenants: [tenant.id], capability, metric: metricType, range, signal };
      return { metricId: metric.id, interval, series: await readSeries(clickhouse, selection, { buckets, fill }) };
    },
  );
}

function readZone(name: string | undefined): Zone {
  const zone = name === undefined ? UTC : findZone(name);
  if (zone === undefined) throw invalidRequest('querystring', [{ field: 'tz', issue: 'must be an IANA time zone' }]);
  return zone;
}

function readSeriesRange({ from, to }: SeriesQuery, zone: Zone, now: number): Range {
  const result = readRange({ from, to }, { now, retentionDays: 0, startOfDate: (date) => startOfZoneDate(date, zone) });
  if ('issue' in result) throw invalidRequest('querystring', [result.issue]);
  return result.range;
}

function boundedBuckets(range: Range, interval: NonNullable<SeriesQuery['interval']>, zone: Zone): Bucket[] {
  const count = countBuckets(range, interval);
  if (count <= MAX_BUCKETS) return listBuckets(range, interval, zone);
  const issue = `must not make more than ${MAX_BUCKETS} points; the range has ${count} intervals of a ${interval}`;
  throw invalidRequest('querystring', [{ field: 'interval', issue }]);
}
