import type { ClickHouse } from '../platform/clickhouse.ts';

/** What a source makes of one table that is fed by views. Several sources may feed a table, each cells of its own. */
export interface Rollup {
  table: string;
  views: readonly string[];
  source: string;
  bucketSeconds: number;
  /** Columns that name a cell, beside `at`. */
  keys: string;
  /** Which cells of the table are those of the source, as a condition on their names. */
  cells: string;
  /** Whether the source is another rollup, of which only such cells count too. */
  isChained: boolean;
}

/** A part of one rollup: the buckets of one tenant in a span of time. Seconds since the epoch, `to` exclusive, both at edges of buckets. */
export interface RollupPart extends Rollup {
  tenant: string;
  from: number;
  to: number;
}

interface Source {
  source: string;
  cells: string;
  minuteViews: readonly string[];
  /** None: nothing is rolled up by dimensions. */
  dimensionViews: readonly string[];
}

const series = 'tenant, subject_kind, subject, metric';
const byDimensions = `${series}, dimensions`;

/** Columns of a cell that are not its name. */
export const aggregates = 'count, sum, min, max, quantiles, sla_met, sla_total, expires_at';

export const eventRollups = rollupsOf({
  source: 'events',
  cells: "subject_kind = 'capability'",
  minuteViews: ['measurements_1m_mv'],
  dimensionViews: ['measurements_by_dimensions_1h_mv', 'measurements_by_rolled_dimensions_1h_mv'],
});

export const pointRollups = rollupsOf({
  source: 'points',
  cells: "subject_kind = 'service' AND NOT startsWith(metric, 'logs.')",
  minuteViews: ['measurements_1m_points_mv', 'measurements_1m_histograms_mv'],
  dimensionViews: ['measurements_by_labels_1h_mv', 'measurements_by_labels_histograms_1h_mv'],
});

export const logRollups = rollupsOf({
  source: 'logs',
  cells: "subject_kind = 'service' AND startsWith(metric, 'logs.')",
  minuteViews: ['measurements_1m_logs_mv'],
  dimensionViews: [],
});

/** Of all sources; those of one in the order in which they must be repaired: filling one feeds the views of the next, which is repaired after it. */
export const rollups: readonly Rollup[] = [...eventRollups, ...pointRollups, ...logRollups];

function rollupsOf({ source, cells, minuteViews, dimensionViews }: Source): readonly Rollup[] {
  const base = { cells, isChained: false, keys: series, source };
  const chained = { ...base, isChained: true };
  const plain: Rollup[] = [
    { ...base, table: 'measurements_1m', views: minuteViews, bucketSeconds: 60 },
    {
      ...chained,
      table: 'measurements_1h',
      views: ['measurements_1h_mv'],
      source: 'measurements_1m',
      bucketSeconds: 3_600,
    },
    {
      ...chained,
      table: 'measurements_1d',
      views: ['measurements_1d_mv'],
      source: 'measurements_1h',
      bucketSeconds: 86_400,
    },
  ];
  if (dimensionViews.length === 0) return plain;
  return [
    ...plain,
    {
      ...base,
      keys: byDimensions,
      table: 'measurements_by_dimensions_1h',
      views: dimensionViews,
      bucketSeconds: 3_600,
    },
    {
      ...chained,
      keys: byDimensions,
      table: 'measurements_by_dimensions_1d',
      views: ['measurements_by_dimensions_1d_mv'],
      source: 'measurements_by_dimensions_1h',
      bucketSeconds: 86_400,
    },
  ];
}

const withinPart = `tenant = {tenant:String} AND at >= toDateTime({from:UInt32}, 'UTC') AND at < toDateTime({to:UInt32}, 'UTC')`;

/** The cells of a part. */
export const cellsWithin = ({ cells }: Pick<Rollup, 'cells'>): string => `${withinPart} AND ${cells}`;

/** The rows of its source that a part is made of. */
export const sourceWithin = (rollup: Pick<Rollup, 'cells' | 'isChained'>): string =>
  rollup.isChained ? cellsWithin(rollup) : withinPart;

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
