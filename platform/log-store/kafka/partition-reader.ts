import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaLink, KafkaPartition } from '../kafka.ts';
import { type LogRecord, LogUnavailableError } from '../log-store.ts';
import type { Fetched, FetchRequest } from '../session.ts';
import { isPassing, kafkaErrorType } from './kafka-errors.ts';

/** Without an answer, or with records that never come, for this long a reader fails. */
export const STALL_TIMEOUT_MS = 60_000;

/** How long one request waits at the broker, in milliseconds; well below the time-out of a request. */
const POLL_MS = 2_000;
/** How long a fetch waits for a first record before it answers with nothing. */
const IDLE_FETCH_MS = 30_000;
/** Room for the framing of a batch beside its values. */
const FRAMING_BYTES = 64 * 1024;
const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 1_000;
/** Nobody writes transactions to these topics. */
const READ_UNCOMMITTED = 0;
const NO_WAIT: Poll = { waitMs: 0, minBytes: 1 };

export interface ReaderOptions {
  link: KafkaLink;
  /** As Kafka calls it. */
  topic: string;
  partition: number;
  /** Asked when Kafka has no such offset: the one to go on at, or a rejection. */
  onOutOfRange: (position: number) => Promise<number>;
  stallTimeoutMs: number;
  signal: AbortSignal;
}

interface Poll {
  waitMs: number;
  minBytes: number;
}

/** Reads one partition over connections of its own, so that its long polls hold up nothing else. Ends when the signal aborts. */
export class PartitionReader {
  readonly #options: ReaderOptions;
  readonly #aborted = Promise.withResolvers<'aborted'>();
  /** Fetched but not delivered yet. */
  #ahead: LogRecord[] = [];
  #aheadBytes = 0;
  /** The offset asked for next, by whoever reads and of Kafka. */
  #deliverAt = -1;
  #fetchAt = -1;
  #next = 0;
  #progressAt = 0;

  constructor(options: ReaderOptions) {
    this.#options = options;
    const abort = () => {
      this.#aborted.resolve('aborted');
      options.link.cut();
    };
    if (options.signal.aborted) abort();
    else options.signal.addEventListener('abort', abort, { once: true });
  }

  /** See {@link FetchRequest}. Rejects with LogUnavailableError when the partition stalls. */
  async fetch(request: FetchRequest): Promise<Fetched> {
    const collecting = this.#collect(request);
    collecting.catch(() => undefined); // After an abort nobody waits for it.
    const how = await Promise.race([collecting, this.#aborted.promise]);
    if (how === 'aborted') return { records: [], next: Math.max(this.#next, request.from) };
    return { records: this.#take(request.maxBytes), next: this.#next };
  }

  async #collect({ from, minBytes, maxBytes, maxWaitMs }: FetchRequest): Promise<void> {
    if (from !== this.#deliverAt) this.#moveTo(from);
    this.#progressAt = performance.now();
    const { signal } = this.#options;
    const idleUntil = performance.now() + IDLE_FETCH_MS;
    while (this.#ahead.length === 0 && performance.now() < idleUntil && !signal.aborted) {
      await this.#poll(maxBytes, { waitMs: POLL_MS, minBytes: 1 });
    }
    const until = performance.now() + maxWaitMs;
    const wanted = Math.min(minBytes, maxBytes);
    while (this.#ahead.length > 0 && this.#aheadBytes < wanted && !signal.aborted) {
      const leftMs = Math.ceil(until - performance.now());
      if (leftMs <= 0) return;
      await this.#poll(maxBytes, { waitMs: Math.min(leftMs, POLL_MS), minBytes: wanted - this.#aheadBytes });
    }
  }

  /** One request to the leader; after a failure, time to find it again. */
  async #poll(maxBytes: number, poll: Poll): Promise<void> {
    const { signal } = this.#options;
    for (let pauseMs = FIRST_PAUSE_MS; !signal.aborted; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
      try {
        return this.#accept(await this.#request(maxBytes, pauseMs === FIRST_PAUSE_MS ? poll : NO_WAIT));
      } catch (error) {
        if (!isPassing(error)) throw error;
        await this.#recover(error, pauseMs);
      }
    }
  }

  async #recover(error: unknown, pauseMs: number): Promise<void> {
    const { link, signal, onOutOfRange } = this.#options;
    if (kafkaErrorType(error) === 'OFFSET_OUT_OF_RANGE') return this.#moveTo(await onOutOfRange(this.#fetchAt));
    this.#checkStall(error);
    if (kafkaErrorType(error) === undefined) link.reconnect();
    await delay(pauseMs, undefined, { signal }).catch(() => undefined);
    await link.cluster.refreshMetadata().catch((cause: unknown) => this.#checkStall(cause));
  }

  async #request(maxBytes: number, { waitMs, minBytes }: Poll): Promise<KafkaPartition> {
    const { link, topic, partition } = this.#options;
    await link.cluster.addTargetTopic(topic);
    await link.cluster.refreshMetadataIfNecessary();
    const [nodeId] = Object.keys(link.cluster.findLeaderForPartitions(topic, [partition]));
    if (nodeId === undefined) throw new LogUnavailableError(`${topic}/${partition} has no leader now`);
    const node = await link.cluster.findBroker({ nodeId });
    const bytes = maxBytes + FRAMING_BYTES;
    const place = { partition, fetchOffset: String(this.#fetchAt), maxBytes: bytes };
    const { responses } = await node.fetch({
      isolationLevel: READ_UNCOMMITTED,
      maxWaitTime: waitMs,
      minBytes,
      maxBytes: bytes,
      topics: [{ topic, partitions: [place] }],
    });
    const answer = responses[0]?.partitions[0];
    if (!answer) throw new LogUnavailableError(`Kafka answered nothing about ${topic}/${partition}`);
    return answer;
  }

  #accept({ messages, highWatermark }: KafkaPartition): void {
    const fetchedFrom = this.#fetchAt;
    for (const { offset: text, timestamp, value, isControlRecord } of messages) {
      const offset = Number(text);
      if (offset < this.#fetchAt) continue; // A batch is sent whole, from its first record on.
      this.#fetchAt = offset + 1;
      if (isControlRecord) continue;
      const record = { offset, appendedAt: Number(timestamp), value: value ?? Buffer.alloc(0) };
      this.#ahead.push(record);
      this.#aheadBytes += record.value.length;
    }
    this.#next = Math.max(Number(highWatermark), this.#fetchAt);
    if (this.#fetchAt > fetchedFrom || this.#next === this.#fetchAt) this.#progressAt = performance.now();
    else this.#checkStall(undefined);
  }

  /** The first records within the limit, at least one. */
  #take(maxBytes: number): LogRecord[] {
    let bytes = 0;
    let count = 0;
    for (const { value } of this.#ahead) {
      if (count > 0 && bytes + value.length > maxBytes) break;
      bytes += value.length;
      count += 1;
    }
    const taken = this.#ahead.splice(0, count);
    this.#aheadBytes -= bytes;
    this.#deliverAt = (taken.at(-1)?.offset ?? this.#deliverAt - 1) + 1;
    return taken;
  }

  #moveTo(offset: number): void {
    this.#ahead = [];
    this.#aheadBytes = 0;
    this.#deliverAt = offset;
    this.#fetchAt = offset;
  }

  #checkStall(cause: unknown): void {
    const { topic, partition, stallTimeoutMs } = this.#options;
    if (performance.now() - this.#progressAt < stallTimeoutMs) return;
    const why = `nothing could be read from ${topic}/${partition} at ${this.#fetchAt} for ${stallTimeoutMs} ms`;
    throw new LogUnavailableError(why, { cause });
  }
}
