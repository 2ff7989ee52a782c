import { setTimeout as delay } from 'node:timers/promises';
import type { LogStore } from '../platform/log-store/log-store.ts';
import { PROCESSORS_GROUP, TOPICS } from '../schemas/topics.ts';

/** How long a request with `?wait=stored` waits, and how often the log is asked meanwhile, by all of them together. */
export const STORED_LIMITS = { waitMs: 10_000, pollMs: 50 } as const;

export interface StoredWatch {
  /** Whether the record became queryable within the wait; false too when the log cannot tell. */
  isStored(record: { partition: number; offset: number }): Promise<boolean>;
}

/** Watches how far the processors have stored the events topic. `now` in milliseconds of any clock that only goes forward. */
export function createStoredWatch(
  log: LogStore,
  now: () => number = () => performance.now(),
  limits: { readonly [name in keyof typeof STORED_LIMITS]: number } = STORED_LIMITS,
): StoredWatch {
  const asking = new Map<number, Promise<number>>();
  const ask = (partition: number): Promise<number> => {
    const shared = asking.get(partition);
    if (shared !== undefined) return shared;
    const answer = delay(limits.pollMs)
      .then(() => log.committed(PROCESSORS_GROUP, TOPICS.events, partition))
      .then((committed) => committed?.offset ?? 0)
      .finally(() => asking.delete(partition));
    asking.set(partition, answer);
    return answer;
  };
  return {
    async isStored({ partition, offset }) {
      const deadline = now() + limits.waitMs;
      while (now() < deadline) {
        // The events are durable already: a log that cannot tell is no reason to refuse them.
        const next = await ask(partition).catch(() => undefined);
        if (next !== undefined && next > offset) return true;
      }
      return false;
    },
  };
}
