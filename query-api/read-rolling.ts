import type { ClickHouse } from '../platform/clickhouse.ts';
import {
  type CurrentRolling,
  MAX_ROLLING_POINTS,
  type RollingPoint,
  type RollingWindow,
} from '../schemas/api/rolling.ts';
import type { MetricInTenant } from './describe-metric.ts';
import { loadQuery } from './queries.ts';
import { formatInstant, type Range } from './range.ts';
import { read } from './store.ts';

interface RollingRow {
  /** Seconds since the epoch. */
  at: number;
  last: [start: number, count: number, p50: number, p90: number, p95: number, p99: number];
  revision: number;
}

const pointsQuery = loadQuery('rolling-percentiles');
const currentQuery = loadQuery('rolling-current');

export interface RollingQuestion extends MetricInTenant {
  window: RollingWindow;
  range: Range;
  signal: AbortSignal;
}

/** The percentiles of a metric over one sliding window, as they changed within a range; `truncated` when there are more than one answer may have. */
export async function readRolling(
  clickhouse: ClickHouse,
  { tenant, metric, subjectKind: kind, window, range, signal }: RollingQuestion,
): Promise<{ points: RollingPoint[]; truncated: boolean }> {
  const { capability, metricType } = metric;
  const span = { from: toSeconds(range.from), to: toSeconds(range.to) };
  const params = {
    kind,
    tenant: tenant.id,
    capability,
    metric: metricType,
    window,
    ...span,
    limit: MAX_ROLLING_POINTS + 1,
  };
  const rows = await read<RollingRow>(clickhouse, { query: pointsQuery, params, signal });
  return { points: rows.slice(0, MAX_ROLLING_POINTS).map(toPoint), truncated: rows.length > MAX_ROLLING_POINTS };
}

/** The newest closed windows of a metric since `from` (milliseconds). */
export async function readCurrentRolling(
  clickhouse: ClickHouse,
  { tenant, metric, subjectKind: kind, from, signal }: MetricInTenant & { from: number; signal: AbortSignal },
): Promise<CurrentRolling> {
  const { capability, metricType } = metric;
  const params = { kind, tenant: tenant.id, capability, metric: metricType, from: toSeconds(from) };
  const rows = await read<RollingRow & { window: RollingWindow }>(clickhouse, { query: currentQuery, params, signal });
  const points = new Map(rows.map((row) => [row.window, toPoint(row)]));
  const pointOf = (window: RollingWindow) => points.get(window) ?? null;
  return { '5m': pointOf('5m'), '1h': pointOf('1h'), '24h': pointOf('24h') };
}

const maxDateTimeSeconds = 2 ** 32 - 1;

/** As a DateTime of ClickHouse, which holds no more. */
const toSeconds = (ms: number): number => Math.min(Math.max(Math.ceil(ms / 1000), 0), maxDateTimeSeconds);

function toPoint({ at, last: [start, count, ...quantiles], revision }: RollingRow): RollingPoint {
  const [p50 = null, p90 = null, p95 = null, p99 = null] = count === 0 ? [] : quantiles;
  return { at: formatInstant(at * 1000), from: formatInstant(start * 1000), count, p50, p90, p95, p99, revision };
}
