import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLoadTenant } from '../../../bench/load/world.ts';
import { createApiClient } from '../../../bench/support/client.ts';
import { type RunningPipeline, startPipeline, unattended } from '../../../bench/support/running-pipeline.ts';
import { startClickHouse } from '../../../platform/embedded/clickhouse-server.ts';
import { createLog } from '../../../platform/log.ts';
import { commandOf, descendantsOf } from '../../support/processes.ts';
import { openStores, type PipelineStores } from '../pipeline-books.ts';
import type { LoadTenant } from './load.ts';
import { type ClickHouseProxy, startClickHouseProxy } from './proxy.ts';

/** The whole pipeline with a ClickHouse of its own behind a proxy that misbehaves on demand. */
export interface ClickHouseWorld extends AsyncDisposable {
  pipeline: RunningPipeline;
  proxy: ClickHouseProxy;
  stores: PipelineStores;
  /** On every partition of the log. */
  tenants: readonly LoadTenant[];
  /** Ends ClickHouse and refuses its connections. */
  stopClickHouse(): Promise<void>;
  startClickHouse(): Promise<void>;
  /** Resident memory of the processors. */
  processorsRssMiB(): Promise<number>;
}

/** So many spread over the partitions. */
const orgCodes = Array.from({ length: 8 }, (_, index) => `STEADY${index}`);

/** Starts everything; it ends with the disposal. */
export async function startClickHouseWorld(): Promise<ClickHouseWorld> {
  await using parts = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), 'tidemark-clickhouse-'));
  parts.defer(() => rm(dataDir, { recursive: true, force: true, maxRetries: 30, retryDelay: 100 }));
  const log = createLog('clickhouse', 'silent');
  let server = await startClickHouse({ dataDir, log });
  parts.defer(() => server.stop());
  const { port } = server;
  const proxy = await startClickHouseProxy(port);
  parts.defer(() => proxy.refuse());
  const throughProxy = server.writerUrl.replace(`:${port}/`, `:${proxy.port}/`);
  const pipeline = await startPipeline({ env: { ...unattended, CLICKHOUSE_URL: throughProxy } });
  parts.defer(() => pipeline.stop());
  const admin = createApiClient({ baseUrl: pipeline.apiUrl, key: pipeline.adminKey });
  const tenants: LoadTenant[] = [];
  for (const orgCode of orgCodes) tenants.push({ orgCode, key: await createLoadTenant(admin, orgCode) });
  // Our own questions go past the proxy.
  const stores = parts.use(await openStores({ dataDir: pipeline.dataDir, clickhouseUrl: server.writerUrl }));
  const owned = parts.move();
  return {
    pipeline,
    proxy,
    stores,
    tenants,
    async stopClickHouse() {
      await proxy.refuse();
      await server.stop();
    },
    async startClickHouse() {
      server = await startClickHouse({ dataDir, log, port });
      await proxy.listen();
    },
    processorsRssMiB: () => rssMiBOf(pipeline, 'processors/main'),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function rssMiBOf({ pid = 0 }: RunningPipeline, program: string): Promise<number> {
  const found = descendantsOf(pid).find((candidate) => commandOf(candidate).includes(program));
  if (found === undefined) throw new Error(`no process runs ${program}`);
  const status = await readFile(`/proc/${found}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1_024;
}
