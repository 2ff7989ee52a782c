import { randomUUID } from 'node:crypto';
import type { LogRecord, LogStore } from '../../platform/log-store/log-store.ts';
import { TOPIC_SETTINGS, type Topic } from '../../schemas/topics.ts';

export interface PartitionName {
  topic: string;
  partition: number;
}

export interface LogReading {
  logStore: LogStore;
  topics: readonly Topic[];
  /** Milliseconds since the epoch: the log must still hold what came since. */
  from: number;
  /** One call at a time per partition, in the order of the log. */
  onRecords(of: PartitionName, records: readonly LogRecord[]): Promise<void>;
}

/** The log no longer holds all that came since the time asked for. */
export class LogExpiredError extends Error {
  override name = 'LogExpiredError';
}

const maxBatchBytes = 4 * 1024 * 1024;
const maxWaitMs = 200;

/**
 * Reads the topics from the first record that is kept to the last that is there now. In a group of its own that commits nothing, so no other reader
 * notices. Rejects with {@link LogExpiredError}.
 */
export async function readLog({ logStore, topics, from, onRecords }: LogReading): Promise<void> {
  const ends = await readEnds(logStore, topics);
  if (ends.size === 0) return;
  const arrived = Promise.withResolvers<void>();
  const consumer = await logStore.consume({
    group: `replay-${randomUUID()}`,
    topics,
    maxBatchBytes,
    maxWaitMs,
    onAssign: async ({ topic, partition }) => ends.get(nameOf({ topic, partition }))?.first,
    async onBatch({ topic, partition, records }) {
      const name = nameOf({ topic, partition });
      const end = ends.get(name);
      if (end === undefined) return;
      const [first] = records;
      if (first !== undefined)
        refuseExpired({ topic, partition }, { first, isFirstKept: end.first > 0 && !end.isBegun }, from);
      end.isBegun = true;
      const before = records.filter(({ offset }) => offset < end.next);
      if (before.length > 0) await onRecords({ topic, partition }, before);
      if ((records.at(-1)?.offset ?? 0) < end.next - 1) return;
      ends.delete(name);
      if (ends.size === 0) arrived.resolve();
    },
  });
  try {
    await Promise.race([arrived.promise, consumer.done]);
  } finally {
    await consumer.stop();
  }
}

interface End {
  first: number;
  next: number;
  isBegun: boolean;
}

const nameOf = ({ topic, partition }: PartitionName): string => `${topic}/${partition}`;

async function readEnds(logStore: LogStore, topics: readonly Topic[]): Promise<Map<string, End>> {
  const ends = new Map<string, End>();
  for (const topic of topics) {
    for (let partition = 0; partition < TOPIC_SETTINGS[topic].partitions; partition++) {
      const { first, next } = await logStore.bounds(topic, partition);
      if (next > first) ends.set(nameOf({ topic, partition }), { first, next, isBegun: false });
    }
  }
  return ends;
}

/** A log that lost nothing yet holds everything, however old. */
function refuseExpired(
  of: PartitionName,
  { first, isFirstKept }: { first: LogRecord; isFirstKept: boolean },
  from: number,
): void {
  if (!isFirstKept || first.appendedAt <= from) return;
  const kept = new Date(first.appendedAt).toISOString();
  throw new LogExpiredError(`the log holds ${nameOf(of)} from ${kept} on only: --from must not be earlier`);
}
