import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../platform/log.ts';
import type { LogConsumer, LogStore } from '../platform/log-store/log-store.ts';
import { PROCESSORS_GROUP, TOPICS } from '../schemas/topics.ts';
import { encodeDeadLetter } from './dead-letter.ts';
import { PartitionWorker, type WorkerDeps } from './partition-worker.ts';
import type { AnyProcessor } from './processor.ts';
import { RangeSlots } from './range-slots.ts';
import type { Backoff } from './retry.ts';
import type { RowSink } from './sink.ts';
import { createEventStream } from './streams/events.ts';
import type { AnyStream } from './streams/stream.ts';
import { createWorkerStats, type WorkerStats } from './worker-stats.ts';

export interface RunnerOptions {
  logStore: LogStore;
  sink: RowSink;
  /** Of business events. */
  processors: readonly AnyProcessor[];
  /** Streams beside that of the business events. Default: none. */
  streams?: readonly AnyStream[];
  log: Log;
  /** Told the reason of every record that was set aside. */
  onDeadLetter?: (reason: string) => void;
  backoff?: Backoff;
  /** Whether a flood of records that cannot be read rejects `done`, instead of being set aside. Default true. */
  stopsOnPoison?: boolean;
  /** Milliseconds. Default: the time of day, which also passes while the process is frozen. */
  now?: () => number;
  /** How long a batch is held back to grow, milliseconds. Default 500. */
  maxWaitMs?: number;
  /** Upper bound of the values of one batch. Default 4 MiB; at most four batches a partition are in memory. */
  maxBatchBytes?: number;
}

export interface Runner {
  stats: Readonly<WorkerStats>;
  /** Ends after the inserts in flight, waiting at most `maxMs` for them. What is then unfinished is finished by the next owner. */
  stop(maxMs?: number): Promise<void>;
  /** Resolves after `stop`; rejects when the tier must be restarted. */
  done: Promise<void>;
}

/** Inserts of 10,000 rows cost a third of those of 1,000 (per row): wait for about as many (seen: 100 to 150 bytes an event, 250 a point). */
const minBatchBytes = 2 * 1024 * 1024;
/**
 * With four partitions behind and ClickHouse silent the process grows by 62 MiB (by 31 with half as much). An insert of points feeds a dozen views,
 * which costs 90 ms of CPU time whatever its rows: 17,000 take two thirds of the time a row of 8,500.
 */
const defaultMaxBatchBytes = 4 * 1024 * 1024;
const defaultMaxWaitMs = 500;
const defaultBackoff: Backoff = { minMs: 250, maxMs: 5_000 };
const defaultStopMs = 5_000;
const deadPartition = 0;

/** Carries all records of the partitions this process owns into the sink, stream by stream, each exactly once. */
export async function startRunner(options: RunnerOptions): Promise<Runner> {
  const stats = createWorkerStats();
  const workers = new Map<string, PartitionWorker>();
  const streams = [createEventStream(options.processors), ...(options.streams ?? [])];
  // A fold keeps the memory of its columns: partitions of a stream share it.
  const folds = new Map(streams.map((stream) => [stream.topic, { stream, fold: stream.createFold() }]));
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined); // Seen through `done`.
  const consuming = Promise.withResolvers<LogConsumer>();
  let joined: LogConsumer | undefined;
  const deps: Omit<WorkerDeps, 'stream' | 'fold'> = {
    // Partitions may be assigned before `consume` has answered.
    consumer: {
      commit: async (...commit) => (await consuming.promise).commit(...commit),
      pause: (topic, partition) => joined?.pause(topic, partition),
      resume: (topic, partition) => joined?.resume(topic, partition),
    },
    sink: options.sink,
    slots: new RangeSlots(),
    log: options.log,
    stats,
    bury: async (record) => {
      await options.logStore.append(TOPICS.dead, deadPartition, [encodeDeadLetter(record)]);
      options.onDeadLetter?.(record.reason);
    },
    stopsOnPoison: options.stopsOnPoison ?? true,
    backoff: options.backoff ?? defaultBackoff,
    now: options.now ?? Date.now,
  };
  joined = await options.logStore.consume({
    group: PROCESSORS_GROUP,
    topics: [...folds.keys()],
    minBatchBytes,
    maxBatchBytes: options.maxBatchBytes ?? defaultMaxBatchBytes,
    maxWaitMs: options.maxWaitMs ?? defaultMaxWaitMs,
    async onAssign(assignment) {
      const ofTopic = folds.get(assignment.topic);
      if (ofTopic === undefined) throw new Error(`a partition of ${assignment.topic} was given, which nobody reads`);
      const worker = new PartitionWorker({ ...deps, ...ofTopic }, assignment);
      worker.ended.catch(failure.reject);
      workers.set(nameOf(assignment), worker);
      return assignment.committed?.offset;
    },
    onBatch: async (batch) => workers.get(nameOf(batch))?.offer(batch),
    async onRevoke(topic, partition) {
      const name = nameOf({ topic, partition });
      await workers.get(name)?.end();
      stats.late.delete(name);
    },
  });
  consuming.resolve(joined);
  return { stats, ...endings(joined, workers, failure.promise) };
}

const nameOf = ({ topic, partition }: { topic: string; partition: number }): string => `${topic}/${partition}`;

function endings(
  consumer: LogConsumer,
  workers: ReadonlyMap<string, PartitionWorker>,
  failure: Promise<never>,
): Pick<Runner, 'stop' | 'done'> {
  return {
    async stop(maxMs = defaultStopMs) {
      const ended = Promise.allSettled([...workers.values()].map((worker) => worker.end()));
      await Promise.race([ended, sleep(maxMs, undefined, { ref: false })]);
      await consumer.stop();
    },
    done: Promise.race([consumer.done, failure]),
  };
}
