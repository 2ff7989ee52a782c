import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createEmbeddedLog } from '../../../platform/log-store/embedded-client.ts';
import { createLogServer } from '../../../platform/log-store/embedded-server.ts';
import type { LogStore } from '../../../platform/log-store/log-store.ts';
import { TOPIC_SETTINGS } from '../../../schemas/topics.ts';
import { type Analytics, startAnalytics } from '../../support/analytics.ts';
import { startControlPlane } from '../../support/control-plane.ts';
import { createProcessorsStarter, type ProcessorsStarter, processorsEnv } from './world.ts';

/** A log, a ClickHouse, and processors to be started between them. */
export interface SinkWorld extends AsyncDisposable {
  log: LogStore;
  logDir: string;
  analytics: Analytics;
  /** What the processors' tier needs to find the stores. */
  env: Record<string, string>;
  processors: ProcessorsStarter;
}

export interface SinkWorldOptions {
  /** Directory of another log whose records are copied; nothing may be appended to it meanwhile. */
  recordsOf?: string;
  /** With the database in which stateful processors keep their snapshots, taken often enough for a process that lives a second. */
  hasSnapshots?: boolean;
}

const oftenEntry = new URL('../../support/processors-main.ts', import.meta.url);
const snapshotMs = 150;

/** Starts the stores; everything ends with the disposal. */
export async function startSinkWorld({ recordsOf, hasSnapshots }: SinkWorldOptions = {}): Promise<SinkWorld> {
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
  if (hasSnapshots) {
    const plane = await startControlPlane();
    parts.defer(() => plane.close());
    Object.assign(env, { DATABASE_URL: plane.url, SNAPSHOT_MS: String(snapshotMs) });
  }
  const processors = parts.use(createProcessorsStarter(env, hasSnapshots ? oftenEntry : undefined));
  const owned = parts.move();
  return { log, logDir, analytics, env, processors, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Neither what groups have committed, nor the mark of the server that has the directory. */
const isOfRecords = (path: string): boolean => !['groups', 'lock'].includes(basename(path));
