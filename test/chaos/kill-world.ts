import { setTimeout as delay } from 'node:timers/promises';
import type { ClickHouse } from '../../platform/clickhouse.ts';
import { createEmbeddedLog } from '../../platform/log-store/embedded-client.ts';
import type { LogStore } from '../../platform/log-store/log-store.ts';
import { startTier, type Tier } from '../../platform/supervisor/tier.ts';
import { startAnalytics } from '../support/analytics.ts';
import { type IngestStack, startIngestStack } from '../support/ingest-stack.ts';

export type Process = Tier<unknown>;

/** Every store, and the tiers to be started between them: a process that dies is started again at once, as a supervisor with no pause would. */
export interface KillWorld extends AsyncDisposable {
  ingest: IngestStack;
  log: LogStore;
  clickhouse: ClickHouse;
  /** Of the processors. */
  env: Readonly<Record<string, string | undefined>>;
  startProcessors(): Promise<Process>;
}

const silent = { out: () => undefined, err: () => undefined };
const drainMs = 8_000;
const processorsEntry = new URL('../../processors/main.ts', import.meta.url);

/** Starts the stores; everything ends with the disposal. */
export async function startKillWorld(): Promise<KillWorld> {
  await using parts = new AsyncDisposableStack();
  const ingest = await startIngestStack();
  parts.defer(() => ingest.stop());
  const analytics = await startAnalytics();
  parts.defer(() => analytics.stop());
  const log = await createEmbeddedLog({ url: ingest.logUrl });
  parts.defer(() => log.close());
  const env = {
    ...process.env,
    CLICKHOUSE_URL: analytics.writerUrl,
    TIDEMARK_LOG_URL: ingest.logUrl,
    TIDEMARK_LOG_LEVEL: 'fatal',
    TIDEMARK_PROCESSORS_PORT: '0',
  };
  const running = new Set<Process>();
  parts.defer(async () => void (await Promise.all([...running].map((process) => process.stop()))));
  const owned = parts.move();
  return {
    ingest,
    log,
    clickhouse: analytics.clickhouse,
    env,
    async startProcessors() {
      const started = await startTier({ name: 'processors', entry: processorsEntry, env, sink: silent, drainMs });
      running.add(started);
      void started.ended.then(() => running.delete(started));
      return started;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

export interface Killing {
  rounds: number;
  /** A process lives for a random time up to this, after it is ready. */
  maxLifeMs: number;
  start(): Promise<Process>;
  report: (line: string) => void;
}

const reportEvery = 20;

/** Starts and kills, again and again; resolves to the process that is left alive. */
export async function killAgainAndAgain({ rounds, maxLifeMs, start, report }: Killing): Promise<Process> {
  for (let round = 1; round <= rounds; round++) {
    const process = await start();
    await delay(Math.random() * maxLifeMs);
    await kill(process);
    if (round % reportEvery === 0) report(`${round} kills`);
  }
  return start();
}

/** Resolves when the process is gone. */
export async function kill({ pid, ended }: Process): Promise<void> {
  process.kill(pid, 'SIGKILL');
  await ended;
}
