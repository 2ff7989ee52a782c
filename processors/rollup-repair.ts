import type { ClickHouse } from '../platform/clickhouse.ts';
import { aggregates, cellsWithin, expectedRows, type RollupPart, sourceWithin, viewSelects } from './rollups.ts';
import { deletesAreDone, insertsHaveEnded } from './running-inserts.ts';
import { type RangeRows, SinkUnavailableError } from './sink.ts';
import type { FedTable } from './streams/stream.ts';

/** Buckets rebuilt by one statement. */
const maxBucketsPerStatement = 1_000;
/**
 * A statement of a repair does nothing when ClickHouse begins it later than this, by its own clock: it may have waited in a socket while
 * its sender gave up or lost the partition. Less than a request waits (30 s), and than a partition takes to move (10 s).
 */
const maxLateSeconds = 5;
/** Rebuilds of one part before the repair gives way to whoever writes to it, and is begun again later. */
const maxRebuilds = 5;
/** How long statements of others are waited for. */
const maxWaitMs = 10_000;
/** A repair compares by tables as they are, never by blocks seen before. */
const repairSettings = {
  insert_deduplicate: 0,
  lightweight_deletes_sync: '2',
  max_partitions_per_insert_block: '0',
  // A replica must delete what the first one did, whatever its clock says.
  mutations_execute_nondeterministic_on_initiator: 1,
} as const;

/**
 * Makes every rollup of the minutes a range touches equal to its source, and what its views fill row by row complete, such as the ids of its clients' events. Rebuilds only buckets
 * that differ, so it may end at any point and start again; `confirm` throws when the partition has moved. Other partitions may insert and
 * repair the same cells meanwhile: throws SinkUnavailableError when they do so all the time.
 */
export async function repairRollups(
  clickhouse: ClickHouse,
  range: RangeRows,
  confirm: () => Promise<void>,
): Promise<void> {
  // What an earlier attempt, or an earlier owner of the partition, left behind it.
  const { rollups, fed } = range.tables;
  if (rollups.length > 0) await untilQuiet(clickhouse, [...new Set(rollups.map(({ table }) => table))]);
  for (const rollup of rollups) {
    const selects = await viewSelects(clickhouse, rollup);
    for (const tenant of range.tenants) {
      const part = { ...rollup, tenant, ...touchedSeconds(range, rollup.bucketSeconds) };
      await repairPart(clickhouse, selects, { ...part, name: `${range.token}:${tenant}`, confirm });
    }
  }
  for (const table of fed) await completeFed(clickhouse, range, table);
}

/**
 * Rebuilds what differs until nothing does. A rebuild counts the rows of another partition's insert that has not fed its views yet, which
 * then counts them again: so what runs when a rebuild is done is waited for before the next look. No lock is needed, and none is left behind.
 */
async function repairPart(
  clickhouse: ClickHouse,
  selects: readonly string[],
  part: Omit<Buckets, 'buckets'>,
): Promise<void> {
  for (let rebuilds = 0; ; rebuilds++) {
    const buckets = await findDifferent(clickhouse, selects, part);
    if (buckets.length === 0) return;
    if (rebuilds === maxRebuilds) throw new SinkUnavailableError(`${part.table} is written to by others all the time`);
    await rebuildBuckets(clickhouse, selects, { ...part, buckets });
    await untilQuiet(clickhouse, [part.table]);
  }
}

/**
 * Waits for what runs now to be seen in the tables: inserts, and then DELETEs. A part that was begun before a DELETE and stored after its
 * answer is shown for a moment before it loses its rows, so a look at that moment would find a cell complete that is not.
 */
async function untilQuiet(clickhouse: ClickHouse, tables: readonly string[]): Promise<void> {
  if (!(await insertsHaveEnded(clickhouse, { maxWaitMs })))
    throw new SinkUnavailableError('an insert of others does not end, so rollups cannot be compared');
  for (const table of tables) {
    if (!(await deletesAreDone(clickhouse, table, maxWaitMs)))
      throw new SinkUnavailableError(`a DELETE from ${table} does not end`);
  }
}

/** Buckets of a part to be rebuilt: their first seconds. */
export interface Buckets extends RollupPart {
  buckets: readonly number[];
  /** What the query ids of the statements begin with. Default: the server chooses them. */
  name?: string;
  /** Called before each statement; what it throws ends the repair. */
  confirm?: () => Promise<void>;
}

/** Empties the buckets and fills them from their source. What their views feed is then wrong and must be repaired next. */
export async function rebuildBuckets(clickhouse: ClickHouse, selects: readonly string[], part: Buckets): Promise<void> {
  const { buckets } = part;
  for (let start = 0; start < buckets.length; start += maxBucketsPerStatement) {
    const some = { ...part, buckets: buckets.slice(start, start + maxBucketsPerStatement) };
    await rebuild(clickhouse, selects, part.name === undefined ? some : { ...some, name: `${part.name}:${start}` });
  }
}

function touchedSeconds({ from, to }: RangeRows, bucketSeconds: number): { from: number; to: number } {
  const width = bucketSeconds * 1000;
  return { from: Math.floor(from / width) * bucketSeconds, to: Math.ceil(to / width) * bucketSeconds };
}

/** Buckets in which a cell lacks or repeats measurements. A bucket of which raw rows have expired is only ever completed. */
async function findDifferent(clickhouse: ClickHouse, selects: readonly string[], part: RollupPart): Promise<number[]> {
  const { table, source, keys, tenant, from, to } = part;
  const cell = (side: 1 | -1) =>
    `${keys}, toUnixTimestamp(at) AS bucket, ${side} AS side, expires_at, toInt64(count) AS n, toInt64(sla_met) AS met, toInt64(sla_total) AS total`;
  const rows = await clickhouse.select<{ bucket: number }>(
    `SELECT DISTINCT bucket FROM (
      SELECT bucket, sum(n * side) AS lacking
      FROM (
        SELECT ${cell(1)} FROM (${expectedRows(selects, `SELECT * FROM ${source} WHERE ${sourceWithin(part)}`)})
        UNION ALL
        SELECT ${cell(-1)} FROM ${table} WHERE ${cellsWithin(part)}
      )
      GROUP BY ${keys}, bucket
      HAVING lacking > 0
        OR ((lacking != 0 OR sum(met * side) != 0 OR sum(total * side) != 0) AND minIf(expires_at, side = 1) > now())
    ) ORDER BY bucket`,
    { tenant, from, to },
  );
  return rows.map(({ bucket }) => bucket);
}

async function rebuild(clickhouse: ClickHouse, selects: readonly string[], part: Buckets): Promise<void> {
  const { table, source, keys, bucketSeconds } = part;
  const isInBuckets = `intDiv(toUnixTimestamp(at), ${bucketSeconds}) * ${bucketSeconds} IN {buckets:Array(UInt32)}`;
  const isTouched = `${cellsWithin(part)} AND ${isInBuckets}`;
  const columns = `${keys}, at, ${aggregates}`;
  const expected = expectedRows(selects, `SELECT * FROM ${source} WHERE ${sourceWithin(part)} AND ${isInBuckets}`);
  await runInTime(clickhouse, part, `DELETE FROM ${table} WHERE ${isTouched} AND NOT (${isLate})`);
  await runInTime(
    clickhouse,
    part,
    // The DELETE may have been too late, which it cannot say.
    `INSERT INTO ${table} (${columns}) SELECT ${columns} FROM (${expected})
      WHERE throwIf(${isLate}) = 0 AND throwIf((SELECT count() FROM ${table} WHERE ${isTouched}) > 0) = 0`,
  );
}

const isLate = 'now() > toDateTime({until:UInt32})';

async function runInTime(clickhouse: ClickHouse, part: Buckets, statement: string): Promise<void> {
  const { table, tenant, from, to, buckets, name, confirm } = part;
  const until = (await readClock(clickhouse)) + maxLateSeconds;
  await confirm?.();
  const id = name === undefined ? {} : { queryId: `${name}:${table}:${statement.slice(0, 6)}` };
  await clickhouse.command(statement, { tenant, from, to, buckets, until }, { settings: repairSettings, ...id });
}

/** Seconds since the epoch. */
async function readClock(clickhouse: ClickHouse): Promise<number> {
  const [clock] = await clickhouse.select<{ now: number }>('SELECT toUnixTimestamp(now()) AS now');
  if (clock === undefined) throw new Error('ClickHouse does not say what time it is');
  return clock.now;
}

async function completeFed(clickhouse: ClickHouse, range: RangeRows, fed: FedTable): Promise<void> {
  const { tenants, from, to, partition, first, last, tables } = range;
  const inRange = `tenant IN {tenants:Array(String)} AND log_partition = {partition:UInt16} AND log_offset BETWEEN {first:UInt64} AND {last:UInt64}`;
  const isOwn = fed.own === undefined ? inRange : `${inRange} AND ${fed.own}`;
  await clickhouse.command(
    `INSERT INTO ${fed.table} (${fed.columns})
    SELECT ${fed.select} FROM ${tables.table}
    WHERE ${inRange} AND ${fed.where}
      AND at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
      AND (${fed.keys}) NOT IN (SELECT ${fed.keys} FROM ${fed.table} WHERE ${isOwn})`,
    { tenants, from, to, partition, first, last },
    { settings: repairSettings },
  );
}
