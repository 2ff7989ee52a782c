import { startTier, type Tier } from '../../platform/supervisor/tier.ts';
import { TOPICS } from '../../schemas/topics.ts';
import { readExposition } from './exposition.ts';
import { isStopped, waitFor } from './processes.ts';

/** One process of the processors' tier. */
export interface Member {
  pid: number;
  /** Sends SIGSTOP and waits until the process stands still. */
  freeze(): Promise<void>;
  thaw(): void;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM: it gives its partitions up and ends. */
  leave(): Promise<void>;
}

export interface Members {
  /** Starts one more process. */
  join(): Promise<Member>;
  /** Partitions of the events by member: those that are neither gone nor frozen, in the order they joined. */
  owned(): Promise<number[][]>;
  stop(): Promise<void>;
}

type Processors = Tier<{ urls: { processors: string } }>;

const entry = new URL('../../processors/main.ts', import.meta.url);
const silent = { out: () => undefined, err: () => undefined };
const drainMs = 10_000;
const freezeWithinMs = 2_000;

/** Processes of the processors' tier that share one consumer group, each with the environment given. */
export function createMembers(env: Readonly<Record<string, string>>): Members {
  const awake = new Set<Processors>();
  const started = new Set<Processors>();
  return {
    async join() {
      const own = { TIDEMARK_PROCESSORS_PORT: '0', TIDEMARK_AUDIT_CRON: 'off', TIDEMARK_LOG_LEVEL: 'error' };
      const full = { PATH: process.env.PATH, HOME: process.env.HOME, ...own, ...env };
      const tier: Processors = await startTier({ name: 'processors', entry, env: full, sink: silent, drainMs });
      started.add(tier);
      awake.add(tier);
      void tier.ended.then(() => awake.delete(tier));
      return toMember(tier, awake);
    },
    owned: () => Promise.all([...awake].map(readOwned)),
    async stop() {
      for (const { pid, stop } of started) {
        thawIfThere(pid);
        await stop();
      }
    },
  };
}

function toMember(tier: Processors, awake: Set<Processors>): Member {
  const { pid } = tier;
  return {
    pid,
    async freeze() {
      awake.delete(tier);
      process.kill(pid, 'SIGSTOP');
      await waitFor(() => isStopped(pid), freezeWithinMs);
    },
    thaw() {
      process.kill(pid, 'SIGCONT');
      awake.add(tier);
    },
    async kill() {
      awake.delete(tier);
      process.kill(pid, 'SIGKILL');
      await tier.ended;
    },
    async leave() {
      awake.delete(tier);
      await tier.stop();
    },
  };
}

/** From its own metrics: only partitions it owns have a lag. */
async function readOwned({ ready }: Processors): Promise<number[]> {
  const answer = await fetch(`${ready.urls.processors}/metrics`);
  const lags = readExposition(await answer.text()).filter(
    ({ name, labels }) => name === 'tidemark_consumer_lag_records' && labels.topic?.endsWith(TOPICS.events),
  );
  return lags.map(({ labels }) => Number(labels.partition)).sort((a, b) => a - b);
}

function thawIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
