import type { ClickHouse } from '../platform/clickhouse.ts';
import type { RangeRows } from './sink.ts';

/** A table fed by views. */
interface Rollup {
  table: string;
  views: readonly string[];
  source: string;
  bucketSeconds: number;
  /** Columns that name a cell, beside `at`. */
  keys: string;
}

const series = 'tenant, subject_kind, subject, metric';
const aggregates = 'count, sum, min, max, quantiles, sla_met, sla_total, expires_at';

/** In the order in which they must be repaired: filling one feeds the views of the next, which is repaired after it. */
const rollups: readonly Rollup[] = [
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

/** Buckets rebuilt by one statement. */
const maxBucketsPerStatement = 1_000;
/** A repair compares by tables as they are, never by blocks seen before. */
const repairSettings = {
  insert_deduplicate: 0,
  lightweight_deletes_sync: '2',
  max_partitions_per_insert_block: '0',
} as const;

/** A part of one rollup: the buckets of one tenant that a range touches. Seconds since the epoch, `to` exclusive. */
interface Part extends Rollup {
  tenant: string;
  from: number;
  to: number;
}

/**
 * Makes every rollup of the minutes a range touches equal to its source, and the ids of its clients' events complete. Rebuilds only buckets
 * that differ, so it may end at any point and start again. Nothing else may insert events of these tenants meanwhile.
 */
export async function repairRollups(clickhouse: ClickHouse, range: RangeRows): Promise<void> {
  for (const rollup of rollups) {
    const selects = await viewSelects(clickhouse, rollup);
    for (const tenant of range.tenants) {
      await repairPart(clickhouse, selects, { ...rollup, tenant, ...touchedSeconds(range, rollup.bucketSeconds) });
    }
  }
  await completeEventIds(clickhouse, range);
}

async function repairPart(clickhouse: ClickHouse, selects: readonly string[], part: Part): Promise<void> {
  const buckets = await findDifferent(clickhouse, selects, part);
  for (let start = 0; start < buckets.length; start += maxBucketsPerStatement) {
    await rebuild(clickhouse, selects, { ...part, buckets: buckets.slice(start, start + maxBucketsPerStatement) });
  }
}

function touchedSeconds({ from, to }: RangeRows, bucketSeconds: number): { from: number; to: number } {
  const width = bucketSeconds * 1000;
  return { from: Math.floor(from / width) * bucketSeconds, to: Math.ceil(to / width) * bucketSeconds };
}

/** The SELECT of each view, its source replaced by `{source}`, as the server has it: what a view is stands in the migrations alone. */
async function viewSelects(clickhouse: ClickHouse, { views, source }: Rollup): Promise<string[]> {
  const rows = await clickhouse.select<{ query: string; database: string }>(
    `SELECT as_select AS query, database FROM system.tables WHERE database = currentDatabase() AND name IN {views:Array(String)}`,
    { views },
  );
  const selects = rows.map(({ query, database }) => query.replace(`FROM ${database}.${source} AS`, 'FROM {source} AS'));
  const isUsable = selects.length === views.length && selects.every((query) => query.includes('{source}'));
  if (!isUsable) throw new Error(`the views ${views.join(', ')} are not what the migrations made them`);
  return selects;
}

const withinPart = `tenant = {tenant:String} AND at >= toDateTime({from:UInt32}, 'UTC') AND at < toDateTime({to:UInt32}, 'UTC')`;

/** What the rollup should hold: the views' SELECTs over a part of their source. */
function expectedRows(selects: readonly string[], source: string): string {
  return selects.map((query) => query.replace('{source}', `(${source})`)).join(' UNION ALL ');
}

/** Buckets in which a cell lacks or repeats measurements. A bucket of which raw rows have expired is only ever completed. */
async function findDifferent(clickhouse: ClickHouse, selects: readonly string[], part: Part): Promise<number[]> {
  const { table, source, keys, tenant, from, to } = part;
  const cell = (side: 1 | -1) =>
    `${keys}, toUnixTimestamp(at) AS bucket, ${side} AS side, expires_at, toInt64(count) AS n, toInt64(sla_met) AS met, toInt64(sla_total) AS total`;
  const rows = await clickhouse.select<{ bucket: number }>(
    `SELECT DISTINCT bucket FROM (
      SELECT bucket, sum(n * side) AS lacking
      FROM (
        SELECT ${cell(1)} FROM (${expectedRows(selects, `SELECT * FROM ${source} WHERE ${withinPart}`)})
        UNION ALL
        SELECT ${cell(-1)} FROM ${table} WHERE ${withinPart}
      )
      GROUP BY ${keys}, bucket
      HAVING lacking > 0
        OR ((lacking != 0 OR sum(met * side) != 0 OR sum(total * side) != 0) AND minIf(expires_at, side = 1) > now())
    ) ORDER BY bucket`,
    { tenant, from, to },
  );
  return rows.map(({ bucket }) => bucket);
}

interface Buckets extends Part {
  buckets: readonly number[];
}

async function rebuild(clickhouse: ClickHouse, selects: readonly string[], part: Buckets): Promise<void> {
  const { table, source, keys, bucketSeconds, tenant, from, to, buckets } = part;
  const isTouched = `${withinPart} AND intDiv(toUnixTimestamp(at), ${bucketSeconds}) * ${bucketSeconds} IN {buckets:Array(UInt32)}`;
  const params = { tenant, from, to, buckets };
  const columns = `${keys}, at, ${aggregates}`;
  const expected = expectedRows(selects, `SELECT * FROM ${source} WHERE ${isTouched}`);
  await clickhouse.command(`DELETE FROM ${table} WHERE ${isTouched}`, params, repairSettings);
  await clickhouse.command(
    `INSERT INTO ${table} (${columns}) SELECT ${columns} FROM (${expected})`,
    params,
    repairSettings,
  );
}

async function completeEventIds(clickhouse: ClickHouse, range: RangeRows): Promise<void> {
  const { tenants, from, to, partition, first, last } = range;
  const columns = 'tenant, event_id, received_at, log_partition, log_offset, log_index';
  const inRange = `tenant IN {tenants:Array(String)} AND log_partition = {partition:UInt16} AND log_offset BETWEEN {first:UInt64} AND {last:UInt64}`;
  await clickhouse.command(
    `INSERT INTO event_ids (${columns})
    SELECT ${columns} FROM events
    WHERE ${inRange} AND client_id
      AND at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
      AND (tenant, log_offset, log_index) NOT IN (SELECT tenant, log_offset, log_index FROM event_ids WHERE ${inRange})`,
    { tenants, from, to, partition, first, last },
    repairSettings,
  );
}
