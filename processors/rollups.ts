import type { ClickHouse } from '../platform/clickhouse.ts';

/** A table fed by views. */
export interface Rollup {
  table: string;
  views: readonly string[];
  source: string;
  bucketSeconds: number;
  /** Columns that name a cell, beside `at`. */
  keys: string;
}

/** A part of one rollup: the buckets of one tenant in a span of time. Seconds since the epoch, `to` exclusive, both at edges of buckets. */
export interface RollupPart extends Rollup {
  tenant: string;
  from: number;
  to: number;
}

const series = 'tenant, subject_kind, subject, metric';

/** Columns of a cell that are not its name. */
export const aggregates = 'count, sum, min, max, quantiles, sla_met, sla_total, expires_at';

/** In the order in which they must be repaired: filling one feeds the views of the next, which is repaired after it. */
export const rollups: readonly Rollup[] = [
  { table: 'measurements_1m', views: ['measurements_1m_mv'], source: 'events', bucketSeconds: 60, keys: series },
  {
    table: 'measurements_1h',
    views: ['measurements_1h_mv'],
    source: 'measurements_1m',
    bucketSeconds: 3_600,
    keys: series,
  },
  {
    table: 'measurements_1d',
    views: ['measurements_1d_mv'],
    source: 'measurements_1h',
    bucketSeconds: 86_400,
    keys: series,
  },
  {
    table: 'measurements_by_dimensions_1h',
    views: ['measurements_by_dimensions_1h_mv', 'measurements_by_rolled_dimensions_1h_mv'],
    source: 'events',
    bucketSeconds: 3_600,
    keys: `${series}, dimensions`,
  },
  {
    table: 'measurements_by_dimensions_1d',
    views: ['measurements_by_dimensions_1d_mv'],
    source: 'measurements_by_dimensions_1h',
    bucketSeconds: 86_400,
    keys: `${series}, dimensions`,
  },
];

/** The rows of a part, in the rollup or in its source. */
export const withinPart = `tenant = {tenant:String} AND at >= toDateTime({from:UInt32}, 'UTC') AND at < toDateTime({to:UInt32}, 'UTC')`;

/** The SELECT of each view, its source replaced by `{source}`, as the server has it: what a view is stands in the migrations alone. */
export async function viewSelects(clickhouse: ClickHouse, { views, source }: Rollup): Promise<string[]> {
  const rows = await clickhouse.select<{ query: string; database: string }>(
    `SELECT as_select AS query, database FROM system.tables WHERE database = currentDatabase() AND name IN {views:Array(String)}`,
    { views },
  );
  const selects = rows.map(({ query, database }) => query.replace(`FROM ${database}.${source} AS`, 'FROM {source} AS'));
  const isUsable = selects.length === views.length && selects.every((query) => query.includes('{source}'));
  if (!isUsable) throw new Error(`the views ${views.join(', ')} are not what the migrations made them`);
  return selects;
}

/** What the rollup should hold: the views' SELECTs over a part of their source. */
export function expectedRows(selects: readonly string[], source: string): string {
  return selects.map((query) => query.replace('{source}', `(${source})`)).join(' UNION ALL ');
}
