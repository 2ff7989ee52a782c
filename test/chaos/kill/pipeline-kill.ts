import { setTimeout as delay } from 'node:timers/promises';
import { createLoadTenant } from '../../../bench/load/world.ts';
import { type ApiClient, createApiClient } from '../../../bench/support/client.ts';
import { type RunningPipeline, startPipeline } from '../../../bench/support/running-pipeline.ts';
import { waitUntil } from '../../../bench/support/wait.ts';
import { commandOf, descendantsOf } from '../../support/processes.ts';
import { type Clients, startClients } from '../ingest-clients.ts';
import { type Books, compareBooks, openStores, type PipelineStores, waitUntilStored } from '../pipeline-books.ts';

/** The whole pipeline as `npm start` runs it, under load: what dies is brought back by its supervisor, and by nobody else. */
export interface PipelineUnderLoad extends AsyncDisposable {
  pipeline: RunningPipeline;
  stores: PipelineStores;
  admin: ApiClient;
  clients: Clients;
  /** Process ids of the programs of the pipeline whose command line contains this. */
  pidsOf(program: string): number[];
  /** Waits until the condition holds again; resolves to the milliseconds that took. Throws after a minute. */
  back(what: string, isBack: () => Promise<boolean>): Promise<number>;
  /** Ends the load, waits until all is stored, and compares. */
  settle(): Promise<Books>;
}

export const orgCode = 'KILL';
const backWithinMs = 60_000;
const drainWithinMs = 180_000;

/** Starts the pipeline and its load; both end with the disposal. */
export async function startPipelineUnderLoad(): Promise<PipelineUnderLoad> {
  await using parts = new AsyncDisposableStack();
  const pipeline = parts.use(await startPipeline({}));
  const admin = createApiClient({ baseUrl: pipeline.apiUrl, key: pipeline.adminKey });
  const key = await createLoadTenant(admin, orgCode);
  const stores = parts.use(await openStores({ dataDir: pipeline.dataDir }));
  const clients = startClients({ url: pipeline.ingestUrl, key, orgCode });
  parts.defer(() => clients.stop());
  const owned = parts.move();
  return {
    pipeline,
    stores,
    admin,
    clients,
    pidsOf: (program) => descendantsOf(pipeline.pid ?? 0).filter((pid) => commandOf(pid).includes(program)),
    async back(what, isBack) {
      const startedAt = performance.now();
      await waitUntil({ what, withinMs: backWithinMs, everyMs: 50 }, isBack);
      return performance.now() - startedAt;
    },
    async settle() {
      await clients.stop();
      await waitUntilStored(stores.log, drainWithinMs);
      return compareBooks(stores.clickhouse, clients.acknowledged());
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Polls without a pause worth mentioning; false when the condition did not come true in time. */
export async function catchMoment(isIt: () => Promise<boolean>, withinMs: number): Promise<boolean> {
  for (const until = performance.now() + withinMs; performance.now() < until; await delay(1)) {
    if (await isIt()) return true;
  }
  return false;
}
