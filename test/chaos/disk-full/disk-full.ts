import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createLoadTenant } from '../../../bench/load/world.ts';
import { createApiClient } from '../../../bench/support/client.ts';
import { type RunningPipeline, startPipeline, unattended } from '../../../bench/support/running-pipeline.ts';
import { waitUntil } from '../../../bench/support/wait.ts';
import { closePostgres, createPostgres } from '../../../platform/postgres.ts';
import type { StoreUrls } from '../../../platform/supervisor/stores.ts';
import { type SteadyLoad, startSteadyLoad } from '../clickhouse/load.ts';
import { type Outcome, violationsOf } from '../outcome.ts';
import { type Books, compareBooks, countUnstored, openStores, waitUntilStored } from '../pipeline-books.ts';
import { type ControlWrites, startControlWrites } from './control.ts';
import { mountVolume, type Volume } from './volume.ts';

/** Whose directory is full; `all`: they share one volume. */
export type FullStore = 'log' | 'clickhouse' | 'postgres' | 'all';

export interface DiskFullOptions {
  store: FullStore;
  /** How long there is no room. */
  fullMs: number;
}

/** From the moment there is room again until both an event and a change of the control plane are acknowledged. */
export const MAX_RECOVERY_MS = 30_000;

const sizeMiB: Readonly<Record<FullStore, number>> = { log: 64, clickhouse: 256, postgres: 160, all: 512 };
const orgCode = 'FULL';
const eventsPerSecond = 2_000;
const beforeMs = 4_000;
const afterMs = 3_000;
const recoversWithinMs = 180_000;
const storedWithinMs = 120_000;
/** Of the load, of 50 records a second. */
const minStuck = 100;
const walBurstBytes = 1_024 * 1_024;
const walBursts = 64;

/** Fills the disk of a store under load, frees it again, and compares the books with what was acknowledged. */
export async function runDiskFull({ store, fullMs }: DiskFullOptions): Promise<Outcome> {
  await using parts = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), 'tidemark-full-'));
  parts.defer(() => rm(dataDir, { recursive: true, force: true, maxRetries: 30, retryDelay: 100 }));
  const volume = parts.use(await mountVolume(store === 'all' ? dataDir : join(dataDir, store), sizeMiB[store]));
  const pipeline = parts.use(await startPipeline({ dataDir, env: unattended }));
  const urls = JSON.parse(await readFile(join(dataDir, 'endpoints.json'), 'utf8')) as StoreUrls;
  const admin = createApiClient({ baseUrl: pipeline.apiUrl, key: pipeline.adminKey });
  const key = await createLoadTenant(admin, orgCode);
  const load = startSteadyLoad({ url: pipeline.ingestUrl, tenants: [{ orgCode, key }], eventsPerSecond });
  parts.defer(() => load.stop());
  const control = startControlWrites(admin, orgCode);
  parts.defer(() => control.stop());

  await delay(beforeMs);
  await volume.fill();
  if (store === 'postgres' || store === 'all') await exhaustWal(urls.databaseUrl);
  await delay(fullMs);
  const stuck = store === 'clickhouse' ? await countStuck(pipeline) : 0;
  const recoveryMs = await freeAndRecover({ volume, load, control });
  await delay(afterMs);
  await Promise.all([load.stop(), control.stop()]);
  await using stores = await openStores(pipeline);
  const storedMs = await waitUntilStored(stores.log, storedWithinMs);
  const books = await compareBooks(stores.clickhouse, load.acknowledged);
  return judge({ store, books, stuck, recoveryMs, storedMs, load, control, forgotten: await control.findForgotten() });
}

/** Writes to the write-ahead log alone, which makes PostgreSQL stop when there is no room for its next segment. */
async function exhaustWal(databaseUrl: string): Promise<void> {
  const sql = createPostgres(databaseUrl, { max: 1, applicationName: 'chaos' });
  try {
    for (let burst = 0; burst < walBursts; burst++) {
      const isWritten = await sql`SELECT pg_logical_emit_message(false, 'chaos', repeat('x', ${walBurstBytes}))`.then(
        () => true,
        () => false, // This is what it was for.
      );
      if (!isWritten) return;
    }
  } finally {
    await closePostgres(sql);
  }
}

/** Records that wait for ClickHouse. */
async function countStuck({ dataDir }: RunningPipeline): Promise<number> {
  await using stores = await openStores({ dataDir });
  return await countUnstored(stores.log);
}

interface Recovering {
  volume: Volume;
  load: SteadyLoad;
  control: ControlWrites;
}

async function freeAndRecover({ volume, load, control }: Recovering): Promise<number> {
  await volume.free();
  const freedAt = performance.now();
  const requests = load.acknowledged.size;
  const changes = control.created.size;
  await waitUntil({ what: 'acknowledgements after there was room again', withinMs: recoversWithinMs }, async () => {
    return load.acknowledged.size > requests && control.created.size > changes;
  });
  return performance.now() - freedAt;
}

interface Seen {
  store: FullStore;
  books: Books;
  stuck: number;
  recoveryMs: number;
  storedMs: number;
  load: SteadyLoad;
  control: ControlWrites;
  forgotten: number;
}

function judge({ store, books, stuck, recoveryMs, storedMs, load, control, forgotten }: Seen): Outcome {
  const unexpected = Object.keys({ ...load.refused, ...control.refused }).filter((status) => status !== '503');
  // ClickHouse does not stand between a client and its answer.
  const hadRoom = {
    log: Object.keys(load.refused).length === 0,
    clickhouse: stuck < minStuck,
    postgres: Object.keys(control.refused).length === 0,
    all: Object.keys(load.refused).length === 0,
  }[store];
  return {
    figures: {
      ...books,
      stuckRecords: stuck,
      refused: JSON.stringify(load.refused),
      changes: control.created.size,
      changesRefused: JSON.stringify(control.refused),
      changesForgotten: forgotten,
      recoveryMs: Math.round(recoveryMs),
      storedMs: Math.round(storedMs),
    },
    violations: violationsOf({
      'events lost, duplicated or differing': books.lost + books.duplicated + books.differing !== 0,
      'changes that were acknowledged are gone': forgotten > 0,
      [`answers other than 201 and 503: ${unexpected}`]: unexpected.length > 0,
      [`not back within ${MAX_RECOVERY_MS} ms`]: recoveryMs > MAX_RECOVERY_MS,
      'nothing was refused and nothing waited: the disk was not full': hadRoom,
    }),
  };
}
