import { setTimeout as delay } from 'node:timers/promises';
import { startTier, type Tier } from '../../../platform/supervisor/tier.ts';

export type Process = Tier<unknown>;

/** Starts processes of the processors' tier; all that still run end with the disposal. */
export interface ProcessorsStarter extends AsyncDisposable {
  start(): Promise<Process>;
}

const silent = { out: () => undefined, err: () => undefined };
const drainMs = 8_000;
const processorsEntry = new URL('../../../processors/main.ts', import.meta.url);

/** The environment of processors that reach these stores and no others. */
export function processorsEnv(stores: { clickhouseUrl: string; logUrl: string }): Record<string, string> {
  const { PATH = '', HOME = '' } = process.env;
  return {
    PATH,
    HOME,
    CLICKHOUSE_URL: stores.clickhouseUrl,
    TIDEMARK_LOG_URL: stores.logUrl,
    TIDEMARK_LOG_LEVEL: 'fatal',
    TIDEMARK_AUDIT_CRON: 'off',
    TIDEMARK_PROCESSORS_PORT: '0',
  };
}

/** Processors as their own program starts them, or another. */
export function createProcessorsStarter(
  env: Readonly<Record<string, string>>,
  entry: URL = processorsEntry,
): ProcessorsStarter {
  const running = new Set<Process>();
  return {
    async start() {
      const started = await startTier({ name: 'processors', entry, env, sink: silent, drainMs });
      running.add(started);
      void started.ended.then(() => running.delete(started));
      return started;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...running].map((process) => process.stop()));
    },
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

/** Starts and kills, again and again, as under a supervisor that starts it again at once; resolves to the process that is left alive. */
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
