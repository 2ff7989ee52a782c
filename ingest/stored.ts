import { setTimeout as delay } from 'node:timers/promises';
import type { LogStore } from '../platform/log-store/log-store.ts';
import { PROCESSORS_GROUP, TOPICS, type Topic } from '../schemas/topics.ts';

/** How long a request with `?wait=stored` waits, and how often the log is asked meanwhile, by all of them together. */
export const STORED_LIMITS = { waitMs: 10_000, pollMs: 50 } as const;

/** Of the events topic unless it names another. */
export interface RecordPlace {
  topic?: Topic;
  partition: number;
  offset: number;
}

export interface StoredWatch {
  /** Whether the record became queryable within the wait; false too when the log cannot tell. */
  isStored(record: RecordPlace): Promise<boolean>;
}

/** Watches how far the processors have stored the topics. `now` in milliseconds of any clock that only goes forward. */
export function createStoredWatch(
  log: LogStore,
  now: () => number = () => performance.now(),
  limits: { readonly [name in keyof typeof STORED_LIMITS]: number } = STORED_LIMITS,
): StoredWatch {
  const asking = new Map<string, Promise<number>>();
  const ask = (topic: Topic, partition: number): Promise<number> => {
    const key = `${topic}/${partition}`;
    const shared = asking.get(key);
    if (shared !== undefined) return shared;
    const answer = delay(limits.pollMs)
      .then(() => log.committed(PROCESSORS_GROUP, topic, partition))
      .then((committed) => committed?.offset ?? 0)
      .finally(() => asking.delete(key));
    asking.set(key, answer);
    return answer;
  };
  return {
    async isStored({ topic = TOPICS.events, partition, offset }) {
      const deadline = now() + limits.waitMs;
      while (now() < deadline) {
        // The events are durable already: a log that cannot tell is no reason to refuse them.
        const next = await ask(topic, partition).catch(() => undefined);
        if (next !== undefined && next > offset) return true;
      }
      return false;
    },
  };
}
