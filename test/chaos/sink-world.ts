import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createEmbeddedLog } from '../../platform/log-store/embedded-client.ts';
import { createLogServer } from '../../platform/log-store/embedded-server.ts';
import type { LogStore } from '../../platform/log-store/log-store.ts';
import { TOPIC_SETTINGS } from '../../schemas/topics.ts';
import { type Analytics, startAnalytics } from '../support/analytics.ts';
import { createProcessorsStarter, type ProcessorsStarter, processorsEnv } from './kill-world.ts';

/** A log, a ClickHouse, and processors to be started between them. */
export interface SinkWorld extends AsyncDisposable {
  log: LogStore;
  logDir: string;
  analytics: Analytics;
  /** What the processors' tier needs to find the stores. */
  env: Record<string, string>;
  processors: ProcessorsStarter;
}

/** Starts the stores, on a copy of the records of another log when its directory is given (nothing may be appended to it meanwhile). */
export async function startSinkWorld(recordsOf?: string): Promise<SinkWorld> {
  await using parts = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), 'tidemark-sink-'));
  parts.defer(() => rm(dir, { recursive: true, force: true }));
  const logDir = join(dir, 'log');
  if (recordsOf !== undefined) await cp(recordsOf, logDir, { recursive: true, filter: isOfRecords });
  const server = await createLogServer({ dir: logDir, token: 'secret', topics: TOPIC_SETTINGS });
  parts.defer(() => server.close());
  const log = await createEmbeddedLog({ url: server.url });
  parts.defer(() => log.close());
  const analytics = await startAnalytics();
  parts.defer(() => analytics.stop());
  const env = processorsEnv({ clickhouseUrl: analytics.writerUrl, logUrl: server.url });
  const processors = parts.use(createProcessorsStarter(env));
  const owned = parts.move();
  return { log, logDir, analytics, env, processors, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Neither what groups have committed, nor the mark of the server that has the directory. */
const isOfRecords = (path: string): boolean => !['groups', 'lock'].includes(basename(path));
