import { Gauge, type Registry } from 'prom-client';
import type { ConsumeOptions, LogConsumer, LogStore } from '../platform/log-store/log-store.ts';

/** A log that has not said where it ends by then has no lag in this answer. */
const maxAskMs = 2_000;

interface Owned {
  topic: string;
  partition: number;
  /** What is committed: the next offset to process. Undefined when nothing was. */
  position: number | undefined;
}

/** How the lag of a consumer is called. */
export interface LagGauge {
  name: string;
  help: string;
}

const storedLag: LagGauge = {
  name: 'tidemark_consumer_lag_records',
  help: 'Records (requests) that are in the log and not yet stored, for the partitions this process owns.',
};

/**
 * The same log. How many records the partitions that are consumed here have ahead of them is asked when the metrics are read, so that it is
 * right while nothing moves; a partition whose end cannot be learnt is left out, not shown as it was.
 */
export function followLag(log: LogStore, registry: Registry, gauge: LagGauge = storedLag): LogStore {
  const owned = new Map<string, Owned>();
  new Gauge({
    ...gauge,
    labelNames: ['topic', 'partition'],
    registers: [registry],
    async collect() {
      const lags = await Promise.all([...owned.values()].map((one) => lagOf(log, one)));
      this.reset();
      for (const { topic, partition, lag } of lags) if (lag !== undefined) this.set({ topic, partition }, lag);
    },
  });
  return {
    append: (topic, partition, values) => log.append(topic, partition, values),
    consume: async (options) => following(owned, await log.consume(noting(owned, options))),
    committed: (group, topic, partition) => log.committed(group, topic, partition),
    bounds: (topic, partition) => log.bounds(topic, partition),
    close: () => log.close(),
  };
}

const keyOf = (topic: string, partition: number): string => `${topic}/${partition}`;

function noting(owned: Map<string, Owned>, options: ConsumeOptions): ConsumeOptions {
  return {
    ...options,
    async onAssign(assignment) {
      const { topic, partition, committed } = assignment;
      owned.set(keyOf(topic, partition), { topic, partition, position: committed?.offset });
      return options.onAssign?.(assignment);
    },
    async onRevoke(topic, partition) {
      owned.delete(keyOf(topic, partition));
      await options.onRevoke?.(topic, partition);
    },
  };
}

function following(owned: Map<string, Owned>, consumer: LogConsumer): LogConsumer {
  return {
    async commit(topic, partition, commit) {
      await consumer.commit(topic, partition, commit);
      const one = owned.get(keyOf(topic, partition));
      if (one !== undefined) one.position = commit.offset;
    },
    pause: (topic, partition) => consumer.pause(topic, partition),
    resume: (topic, partition) => consumer.resume(topic, partition),
    async stop() {
      await consumer.stop();
      owned.clear();
    },
    done: consumer.done,
  };
}

async function lagOf(log: LogStore, { topic, partition, position }: Owned) {
  const bounds = await within(log.bounds(topic, partition));
  const from = bounds && Math.max(position ?? bounds.first, bounds.first);
  return { topic, partition, lag: from === undefined ? undefined : bounds && Math.max(0, bounds.next - from) };
}

/** The answer, or undefined when it is late or none. */
async function within<T>(answer: Promise<T>): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(late.resolve, maxAskMs, undefined);
  // A log that is away shows as a lag that is missing, which has an alert of its own.
  return Promise.race([answer.catch(() => undefined), late.promise]).finally(() => clearTimeout(timer));
}
