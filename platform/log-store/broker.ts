import type { TopicSettings } from '../../schemas/topics.ts';
import { Group, REVOKE_TIMEOUT_MS } from './group.ts';
import type { CommittedOffset } from './log-store.ts';
import { MAX_METADATA_BYTES, type OffsetStore, partitionKey } from './offset-store.ts';
import type { FrameRun, PartitionLog } from './partition-log.ts';
import type { FetchRequest, MemberEvents, Membership } from './session.ts';

/** What a group may be called: it is also the name of its file. */
export const GROUP_NAME = /^[A-Za-z0-9._-]{1,100}$/;

/** How long a fetch waits for a first record before it answers with nothing. */
export const IDLE_FETCH_MS = 30_000;

export interface BrokerOptions {
  topics: Readonly<Record<string, TopicSettings>>;
  offsets: OffsetStore;
  /** Opened partitions by partition key. */
  partitions: ReadonlyMap<string, PartitionLog>;
  /** Default 10 s. */
  revokeTimeoutMs?: number | undefined;
}

/** The log inside one process: partitions and groups, whoever stores them and whoever asks. Bad requests throw a RangeError. */
export class Broker {
  readonly #options: BrokerOptions;
  readonly #groups = new Map<string, Group>();

  constructor(options: BrokerOptions) {
    this.#options = options;
  }

  append(topic: string, partition: number, batch: { frames: Buffer; count: number }): Promise<number> {
    return this.#partition(topic, partition).append(batch.frames, batch.count);
  }

  bounds(topic: string, partition: number): { first: number; next: number } {
    return this.#partition(topic, partition).bounds();
  }

  committed(group: string, topic: string, partition: number): CommittedOffset | undefined {
    this.#partition(topic, partition);
    checkGroup(group);
    return this.#options.offsets.read(group).committed[partitionKey(topic, partition)];
  }

  /** See {@link FetchRequest}. A position below the first kept offset continues at the first. */
  async fetch(request: FetchRequest, signal: AbortSignal): Promise<FrameRun & { next: number }> {
    const log = this.#partition(request.topic, request.partition);
    const { next } = log.bounds();
    const before = log.growth.bytes;
    const run = await log.read(startOf(request, log.bounds()), request.maxBytes);
    const missing = Math.min(request.minBytes, request.maxBytes) - run.valueBytes;
    const isEmpty = run.chunks.length === 0;
    if (run.end === next && (missing > 0 || isEmpty)) {
      if (isEmpty) await log.growth.until(() => log.bounds().next > next, { timeoutMs: IDLE_FETCH_MS, signal });
      const isEnough = () => log.growth.bytes >= before + missing;
      await log.growth.until(isEnough, { timeoutMs: request.maxWaitMs, signal });
      await extend(log, run, request.maxBytes);
    }
    return { ...run, next: log.bounds().next };
  }

  join(group: string, topics: readonly string[], events: Pick<MemberEvents, 'onAssign' | 'onRevoke'>): Membership {
    for (const topic of topics) this.#settings(topic);
    checkGroup(group);
    const membership = this.#group(group).join(topics, events);
    return {
      ...membership,
      commit: async (topic, partition, commit) => {
        checkCommit(commit);
        await membership.commit(topic, partition, commit);
      },
    };
  }

  #group(name: string): Group {
    const known = this.#groups.get(name);
    if (known) return known;
    const { offsets, revokeTimeoutMs = REVOKE_TIMEOUT_MS } = this.#options;
    const partitionsOf = (topic: string) => this.#settings(topic).partitions;
    const group = new Group({ name, offsets, partitionsOf, revokeTimeoutMs });
    this.#groups.set(name, group);
    return group;
  }

  #settings(topic: string): TopicSettings {
    const settings = Object.hasOwn(this.#options.topics, topic) ? this.#options.topics[topic] : undefined;
    if (!settings) throw new RangeError(`the log has no topic ${topic}`);
    return settings;
  }

  #partition(topic: string, partition: number): PartitionLog {
    const { partitions } = this.#settings(topic);
    const log = this.#options.partitions.get(partitionKey(topic, partition));
    if (!log) throw new RangeError(`topic ${topic} has partitions 0 to ${partitions - 1}, not ${partition}`);
    return log;
  }
}

function startOf(request: FetchRequest, bounds: { first: number; next: number }): number {
  if (request.from <= bounds.next) return Math.max(request.from, bounds.first);
  const place = partitionKey(request.topic, request.partition);
  throw new RangeError(`${place} ends before offset ${bounds.next}: there is no position ${request.from}`);
}

async function extend(log: PartitionLog, run: FrameRun, maxBytes: number): Promise<void> {
  const room = maxBytes - run.valueBytes;
  if (room <= 0) return;
  const more = await log.read(Math.max(run.end, log.bounds().first), room);
  if (run.chunks.length > 0 && more.valueBytes > room) return;
  run.chunks.push(...more.chunks);
  run.valueBytes += more.valueBytes;
  run.end = more.end;
}

/** Throws a RangeError for what cannot be the name of a group. */
export function checkGroup(group: string): void {
  if (!GROUP_NAME.test(group))
    throw new RangeError(`a group is called like ${GROUP_NAME}, not ${JSON.stringify(group)}`);
}

/** Throws a RangeError for an offset that is none and for metadata beyond its limit. */
export function checkCommit({ offset, metadata }: CommittedOffset): void {
  if (!Number.isSafeInteger(offset) || offset < 0)
    throw new RangeError(`a committed offset is an integer from 0, not ${offset}`);
  const bytes = Buffer.byteLength(metadata);
  if (bytes > MAX_METADATA_BYTES) {
    throw new RangeError(`commit metadata has ${bytes} bytes, the limit is ${MAX_METADATA_BYTES} (MAX_METADATA_BYTES)`);
  }
}
