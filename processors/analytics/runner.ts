import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../platform/log.ts';
import type { LogConsumer, LogStore } from '../../platform/log-store/log-store.ts';
import { ANALYTICS_GROUP } from '../../schemas/topics.ts';
import type { Backoff } from '../retry.ts';
import type { SnapshotStore } from '../snapshots/snapshot-store.ts';
import { type AnalyticsLimits, DEFAULT_LIMITS } from './analytics-limits.ts';
import { AnalyticsWorker, type AnalyticsWorkerDeps } from './analytics-worker.ts';
import type { RowStore } from './row-store.ts';
import { type AnySource, eventSource } from './sources.ts';
import type { AnyStatefulProcessor } from './stateful-processor.ts';

export interface AnalyticsOptions {
  logStore: LogStore;
  snapshots: SnapshotStore;
  rows: RowStore;
  processors: readonly AnyStatefulProcessor[];
  /** Default: the business events. */
  sources?: readonly AnySource[];
  log: Log;
  limits?: Partial<AnalyticsLimits>;
  backoff?: Backoff;
  /** Milliseconds. Default: the time of day. */
  now?: () => number;
  /** A name nobody gave before. Default: a UUID. */
  createLineage?: () => string;
  /** How long a batch is held back to grow, milliseconds. Default 500. */
  maxWaitMs?: number;
  /** Upper bound of the values of one batch. Default 1 MiB; at most three batches a partition are in memory. */
  maxBatchBytes?: number;
}

export interface Analytics {
  /** The partitions worked on now. */
  workers: ReadonlyMap<string, AnalyticsWorker>;
  /** Ends with a last snapshot of each partition, waiting at most `maxMs` for it. */
  stop(maxMs?: number): Promise<void>;
  /** Resolves after `stop`; rejects when the tier must be restarted. */
  done: Promise<void>;
}

const minBatchBytes = 256 * 1024;
const defaultMaxBatchBytes = 1024 * 1024;
const defaultMaxWaitMs = 500;
const defaultBackoff: Backoff = { minMs: 250, maxMs: 5_000 };
const defaultStopMs = 5_000;

const nameOf = ({ topic, partition }: { topic: string; partition: number }): string => `${topic}/${partition}`;

/**
 * Carries all measurements of the partitions this process owns through the stateful processors. A consumer group of its own beside the archive's: neither
 * waits for the other.
 */
export async function startAnalytics(options: AnalyticsOptions): Promise<Analytics> {
  const workers = new Map<string, AnalyticsWorker>();
  const sources = new Map((options.sources ?? [eventSource]).map((source) => [source.topic, source]));
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined); // Seen through `done`.
  const consuming = Promise.withResolvers<LogConsumer>();
  let joined: LogConsumer | undefined;
  const deps: Omit<AnalyticsWorkerDeps, 'source'> = {
    ...options,
    outlet: options.logStore,
    // Partitions may be assigned before `consume` has answered.
    consumer: {
      commit: async (...commit) => (await consuming.promise).commit(...commit),
      pause: (topic, partition) => joined?.pause(topic, partition),
      resume: (topic, partition) => joined?.resume(topic, partition),
    },
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    backoff: options.backoff ?? defaultBackoff,
    now: options.now ?? Date.now,
    createLineage: options.createLineage ?? randomUUID,
  };
  joined = await options.logStore.consume({
    group: ANALYTICS_GROUP,
    topics: [...sources.keys()],
    minBatchBytes,
    maxBatchBytes: options.maxBatchBytes ?? defaultMaxBatchBytes,
    maxWaitMs: options.maxWaitMs ?? defaultMaxWaitMs,
    async onAssign(assignment) {
      const source = sources.get(assignment.topic);
      if (source === undefined) throw new Error(`a partition of ${assignment.topic} was given, which nobody reads`);
      const worker = new AnalyticsWorker({ ...deps, source }, assignment);
      workers.set(nameOf(assignment), worker);
      return worker.start(failure.reject);
    },
    onBatch: async (batch) => workers.get(nameOf(batch))?.offer(batch),
    async onRevoke(topic, partition) {
      const name = nameOf({ topic, partition });
      const worker = workers.get(name);
      await worker?.end();
      if (workers.get(name) === worker) workers.delete(name);
    },
  });
  consuming.resolve(joined);
  const consumer = joined;
  return {
    workers,
    async stop(maxMs = defaultStopMs) {
      const ended = Promise.allSettled([...workers.values()].map((worker) => worker.end()));
      await Promise.race([ended, sleep(maxMs, undefined, { ref: false })]);
      await consumer.stop();
    },
    done: Promise.race([consumer.done, failure.promise]),
  };
}
