import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitUntil } from '../../bench/support/wait.ts';
import { type ClickHouse, createClickHouse } from '../../platform/clickhouse.ts';
import type { LogStore } from '../../platform/log-store/log-store.ts';
import { openLogStore } from '../../platform/log-store/open.ts';
import type { StoreUrls } from '../../platform/supervisor/stores.ts';
import { auditRollups } from '../../processors/audit/audit.ts';
import { PROCESSORS_GROUP, TOPIC_SETTINGS, TOPICS } from '../../schemas/topics.ts';

/** The stores of a running pipeline, reached past its tiers. */
export interface PipelineStores extends AsyncDisposable {
  log: LogStore;
  clickhouse: ClickHouse;
}

/** How many events of each request, by its correlation id, were acknowledged. */
export type Acknowledged = ReadonlyMap<string, number>;

/** The acknowledged events against the stored ones. */
export interface Books {
  acknowledged: number;
  lost: number;
  duplicated: number;
  /** Rollup cells that differ from the raw events. */
  differing: number;
}

const partitions = Array.from({ length: TOPIC_SETTINGS[TOPICS.events].partitions }, (_, index) => index);

export interface StoresToOpen {
  /** Of a pipeline that was started here. */
  dataDir: string | undefined;
  /** Default: the one the pipeline uses. */
  clickhouseUrl?: string;
}

/** The stores of a pipeline that was started on a data directory. */
export async function openStores({ dataDir, clickhouseUrl }: StoresToOpen): Promise<PipelineStores> {
  if (dataDir === undefined) throw new Error('the pipeline was not started here');
  const urls = JSON.parse(await readFile(join(dataDir, 'endpoints.json'), 'utf8')) as StoreUrls;
  const log = await openLogStore({ logUrl: urls.logUrl });
  const clickhouse = createClickHouse(clickhouseUrl ?? urls.clickhouseWriterUrl);
  return {
    log,
    clickhouse,
    [Symbol.asyncDispose]: async () => void (await Promise.all([log.close(), clickhouse.close()])),
  };
}

/** Waits until the processors have committed all there is in the log; resolves to the milliseconds it took. */
export async function waitUntilStored(log: LogStore, withinMs: number): Promise<number> {
  const startedAt = performance.now();
  await waitUntil({ what: 'processors that have stored everything', withinMs }, async () => {
    return (await countUnstored(log).catch(() => 1)) === 0; // A log that is away has more to store.
  });
  return performance.now() - startedAt;
}

/** Records in the log that the processors have not committed. */
export async function countUnstored(log: LogStore): Promise<number> {
  const lags = await Promise.all(partitions.map((partition) => lagOf(log, partition)));
  return lags.reduce((sum, lag) => sum + lag, 0);
}

async function lagOf(log: LogStore, partition: number): Promise<number> {
  const [{ next }, committed] = await Promise.all([
    log.bounds(TOPICS.events, partition),
    log.committed(PROCESSORS_GROUP, TOPICS.events, partition),
  ]);
  return next - (committed?.offset ?? 0);
}

/** Compares what was acknowledged with the raw events, and those with every rollup cell. Call it when all is stored. */
export async function compareBooks(clickhouse: ClickHouse, acknowledged: Acknowledged): Promise<Books> {
  const rows = await clickhouse.select<{ id: string; count: number; distinct: number }>(
    `SELECT correlation_id AS id, toUInt32(count()) AS count, toUInt32(uniqExact(value)) AS distinct
     FROM events GROUP BY correlation_id`,
  );
  const stored = new Map(rows.map((row) => [row.id, row]));
  let lost = 0;
  for (const [id, count] of acknowledged) lost += count - (stored.get(id)?.distinct ?? 0);
  const duplicated = rows.reduce((sum, { count, distinct }) => sum + count - distinct, 0);
  const { wrongCells, unsettledCells } = await auditRollups(clickhouse);
  const total = [...acknowledged.values()].reduce((sum, count) => sum + count, 0);
  return { acknowledged: total, lost, duplicated, differing: wrongCells + unsettledCells };
}
