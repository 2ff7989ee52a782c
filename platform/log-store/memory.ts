import { TOPIC_SETTINGS, type TopicSettings } from '../../schemas/topics.ts';
import { Broker } from './broker.ts';
import { decodeFrames, FRAME_HEADER_BYTES, layOutFrames, stampFrames } from './frame.ts';
import { createGrowth } from './growth.ts';
import type { LogStore } from './log-store.ts';
import { type GroupState, type OffsetStore, partitionKey, withChange } from './offset-store.ts';
import type { FrameRun, PartitionLog } from './partition-log.ts';
import type { LogSession } from './session.ts';
import { createSessionStore } from './session-store.ts';

export interface MemoryLogOptions {
  /** Default: the topics of Tidemark. */
  topics?: Readonly<Record<string, TopicSettings>>;
  /** Milliseconds since the epoch. */
  now?: () => number;
  revokeTimeoutMs?: number;
}

/** A log that several clients inside one process share and nothing outlives. */
export interface MemoryBroker {
  /** One more client of the same log. */
  open(): LogStore;
}

/** The log's in-memory twin: the same broker and consumer as the embedded log, without files and sockets. */
export function createMemoryLog(options: MemoryLogOptions = {}): LogStore {
  return createMemoryBroker(options).open();
}

/** A memory log with any number of clients. */
export function createMemoryBroker(options: MemoryLogOptions = {}): MemoryBroker {
  const { topics = TOPIC_SETTINGS, now = Date.now, revokeTimeoutMs } = options;
  const partitions = new Map<string, PartitionLog>();
  for (const [topic, settings] of Object.entries(topics)) {
    for (let partition = 0; partition < settings.partitions; partition++) {
      partitions.set(partitionKey(topic, partition), createMemoryPartition(now));
    }
  }
  const broker = new Broker({ topics, partitions, offsets: createMemoryOffsets(), revokeTimeoutMs });
  return { open: () => createSessionStore(createMemorySession(broker)) };
}

function createMemoryPartition(now: () => number): PartitionLog {
  const frames: Buffer[] = [];
  const growth = createGrowth();
  let appendedAt = 0;
  return {
    growth,
    bounds: () => ({ first: 0, next: frames.length }),

    async append(batch, count) {
      const offset = frames.length;
      appendedAt = Math.max(appendedAt, now());
      stampFrames(batch, { offset, appendedAt, syncFrom: offset });
      for (const { value } of decodeFrames(batch)) {
        const start = value.byteOffset - batch.byteOffset - FRAME_HEADER_BYTES;
        frames.push(batch.subarray(start, start + FRAME_HEADER_BYTES + value.length));
      }
      growth.add(batch.length - count * FRAME_HEADER_BYTES);
      return offset;
    },

    async read(from, maxBytes) {
      const run: FrameRun = { chunks: [], valueBytes: 0, end: from };
      for (let frame = frames[from]; frame; frame = frames[run.end]) {
        const valueBytes = frame.length - FRAME_HEADER_BYTES;
        if (run.end > from && run.valueBytes + valueBytes > maxBytes) break;
        run.chunks.push(frame);
        run.valueBytes += valueBytes;
        run.end += 1;
      }
      return run;
    },
  };
}

function createMemoryOffsets(): OffsetStore {
  const groups = new Map<string, GroupState>();
  const read = (group: string) => groups.get(group) ?? { epoch: 0, committed: {} };
  return {
    read,
    async save(group, change) {
      groups.set(group, withChange(read(group), change));
    },
  };
}

function createMemorySession(broker: Broker): LogSession {
  return {
    async append(topic, partition, values) {
      const frames = Buffer.concat(layOutFrames(values));
      const first = await broker.append(topic, partition, { frames, count: values.length });
      return values.map((_, index) => first + index);
    },
    async fetch(request, signal) {
      const run = await broker.fetch(request, signal);
      return { records: decodeFrames(Buffer.concat(run.chunks)), next: run.next };
    },
    committed: async (group, topic, partition) => broker.committed(group, topic, partition),
    bounds: async (topic, partition) => broker.bounds(topic, partition),
    join: async (group, topics, events) => broker.join(group, topics, events),
    close: async () => undefined,
  };
}
