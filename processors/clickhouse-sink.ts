import {
  type ClickHouse,
  ClickHouseQueryError,
  type ClickHouseSettings,
  ClickHouseUnavailableError,
} from '../platform/clickhouse.ts';
import type { Positions } from './duplicates.ts';
import { findEarlierIds } from './find-earlier-ids.ts';
import { findEarlierTotals } from './find-earlier-totals.ts';
import type { TableBlock } from './fold.ts';
import { repairRollups } from './rollup-repair.ts';
import { type RangeRows, type RowSink, SinkUnavailableError } from './sink.ts';

/** The settings under which one block with one token is stored once, in its table and through every view. */
export const INSERT_SETTINGS: ClickHouseSettings = {
  async_insert: 0,
  insert_deduplicate: 1,
  deduplicate_blocks_in_dependent_materialized_views: 1,
  max_insert_threads: '1',
  input_format_parallel_parsing: 0,
  // One block an insert, whatever its size: a token stands for one block.
  max_insert_block_size: '1000000',
  min_insert_block_size_rows: '1000000',
  min_insert_block_size_bytes: '1000000000',
  // A batch of old events may touch many months; refusing it would stop the partition for ever.
  max_partitions_per_insert_block: '0',
  // What a view makes of one block is aggregated already (saves a fifth of the insert's CPU time).
  optimize_on_insert: 0,
};

const maxReinserts = 3;

const inRange = `tenant IN {tenants:Array(String)}
  AND at >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND at < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
  AND log_partition = {partition:UInt16} AND log_offset BETWEEN {first:UInt64} AND {last:UInt64}`;

/** The tables of ClickHouse as the sink of the runner. Any error of the server counts as passing: a range is never given up.
 * `now` in milliseconds since the epoch. */
export function createClickHouseSink(clickhouse: ClickHouse, now: () => number = Date.now): RowSink {
  return {
    insert: (range) => asSinkError(() => insertBlocks(clickhouse, range, range)),
    reconcile: (range, confirm) => asSinkError(() => reconcile(clickhouse, range, { now, confirm })),
    findEarlierIds: (partition, first, lookups) =>
      asSinkError(() => findEarlierIds(clickhouse, { partition, first, lookups })),
    findEarlierTotals: (partition, first, lookups) =>
      asSinkError(() => findEarlierTotals(clickhouse, { partition, first, lookups })),
  };
}

async function asSinkError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isServer = error instanceof ClickHouseUnavailableError || error instanceof ClickHouseQueryError;
    throw isServer ? new SinkUnavailableError(error.message, { cause: error }) : error;
  }
}

interface Attempt {
  blocks: readonly TableBlock[];
  token: string;
  settings?: ClickHouseSettings;
}

async function insertBlocks(clickhouse: ClickHouse, range: RangeRows, attempt: Attempt): Promise<void> {
  const { blocks, token } = attempt;
  const settings = { ...INSERT_SETTINGS, ...attempt.settings };
  for (const { table, columns, body } of blocks) {
    const queryId = `${range.token}:${table}`;
    await clickhouse.insertNative({ table, columns, body, token, queryId, settings });
  }
}

interface Checks {
  /** Milliseconds since the epoch. */
  now: () => number;
  confirm: () => Promise<void>;
}

/**
 * A plain MergeTree may know a token whose rows were lost with the process, or have rows whose views were not fed. So rows are looked
 * for, not trusted: what is missing is inserted, then every rollup the range touches is compared with its source.
 */
async function reconcile(clickhouse: ClickHouse, range: RangeRows, { now, confirm }: Checks): Promise<void> {
  if (range.tables.replaces) return storeAgain(clickhouse, range, confirm);
  for (let attempt = 0; ; attempt++) {
    await refuseWhileRunning(clickhouse, range);
    const missing = range.missing(await findStored(clickhouse, range), now() / 1000);
    if (missing.length === 0) break;
    if (attempt > maxReinserts) throw new SinkUnavailableError(`rows of ${range.token} do not stay stored`);
    // The range's own token first: what of the range is still on its way is then refused. It may be remembered though its rows are gone.
    const token = attempt === 0 ? range.token : `${range.token}+${attempt}`;
    await confirm();
    await insertBlocks(clickhouse, range, { blocks: missing, token });
  }
  // What was found may be the work of an insert that began after the question and has not fed its views yet.
  await refuseWhileRunning(clickhouse, range);
  await repairRollups(clickhouse, range, confirm);
}

/** Rows that replace themselves, whatever was stored of them before; a token might be remembered though its rows are gone. */
async function storeAgain(clickhouse: ClickHouse, range: RangeRows, confirm: () => Promise<void>): Promise<void> {
  await refuseWhileRunning(clickhouse, range);
  await confirm();
  const { blocks, token } = range;
  await insertBlocks(clickhouse, range, { blocks, token, settings: { insert_deduplicate: 0 } });
}

async function refuseWhileRunning(clickhouse: ClickHouse, { token }: RangeRows): Promise<void> {
  const [running] = await clickhouse.select<{ count: number }>(
    'SELECT count() AS count FROM system.processes WHERE startsWith(query_id, {token:String})',
    { token: `${token}:` },
  );
  if (running !== undefined && running.count > 0) {
    throw new SinkUnavailableError(`an earlier statement of ${token} is still running`);
  }
}

async function findStored(clickhouse: ClickHouse, range: RangeRows): Promise<Positions> {
  const rows = await clickhouse.select<{ offset: number; indexes: number[] }>(
    `SELECT log_offset AS offset, groupArray(log_index) AS indexes FROM ${range.tables.table} WHERE ${inRange} GROUP BY log_offset`,
    positionParams(range),
  );
  return new Map(rows.map(({ offset, indexes }) => [offset, new Set(indexes)]));
}

/** Parameters of `inRange`. */
function positionParams({ tenants, from, to, partition, first, last }: RangeRows): Record<string, unknown> {
  return { tenants, from, to, partition, first, last };
}
