import { setTimeout as sleep } from 'node:timers/promises';
import { checkCommit, checkGroup } from '../broker.ts';
import { MAX_UNANSWERED_BYTES } from '../embedded-client.ts';
import { createKafkaLink, type KafkaConnection, type KafkaLink } from '../kafka.ts';
import { type CommittedOffset, LogUnavailableError } from '../log-store.ts';
import { partitionKey } from '../offset-store.ts';
import type { Fetched, FetchRequest, LogSession, MemberEvents, Membership } from '../session.ts';
import { withDeadline } from './deadline.ts';
import { GroupMember, type GroupTimes } from './group-member.ts';
import type { TopicPartition } from './group-protocol.ts';
import { isElecting, kafkaErrorType, toLogError } from './kafka-errors.ts';
import { PartitionAppender } from './partition-appender.ts';
import { PartitionReader } from './partition-reader.ts';

export interface KafkaSessionOptions {
  connection: KafkaConnection;
  /** What the names of topics and groups begin with in Kafka. */
  prefix: string;
  timeoutMs: number;
  stallTimeoutMs: number;
  times: GroupTimes;
}

/** How long a question waits for a partition to get a leader, and how often it is asked meanwhile. */
const electionMs = 5_000;
const electionPauseMs = 100;

/** A session of the log on a Kafka cluster. */
export class KafkaSession implements LogSession {
  readonly #options: KafkaSessionOptions;
  readonly #control: KafkaLink;
  readonly #partitions = new Map<string, Promise<number>>();
  readonly #appenders = new Map<string, PartitionAppender>();
  readonly #readers = new WeakMap<AbortSignal, PartitionReader>();
  /** Ids of memberships that were lost, by group, each to be taken up by one that follows. */
  readonly #lostMembers = new Map<string, string[]>();
  #unansweredBytes = 0;
  #isClosed = false;

  constructor(options: KafkaSessionOptions) {
    this.#options = options;
    this.#control = createKafkaLink(options.connection);
  }

  /** Rejects when the cluster cannot be reached in time or does not accept us. */
  async open(): Promise<void> {
    await this.#ask('answer', () => this.#control.admin.connect());
  }

  async append(topic: string, partition: number, values: readonly Uint8Array[]): Promise<number[]> {
    const bytes = values.reduce((sum, { length }) => sum + length, 0);
    if (this.#unansweredBytes + bytes > MAX_UNANSWERED_BYTES) {
      throw new LogUnavailableError(`more than ${MAX_UNANSWERED_BYTES} bytes wait for the log (MAX_UNANSWERED_BYTES)`);
    }
    this.#unansweredBytes += bytes;
    try {
      await this.#check(topic, partition);
      return await this.#appender(topic, partition).append(values);
    } finally {
      this.#unansweredBytes -= bytes;
    }
  }

  fetch(request: FetchRequest, signal: AbortSignal): Promise<Fetched> {
    const known = this.#readers.get(signal);
    if (known) return known.fetch(request);
    const { topic, partition } = request;
    const reader = new PartitionReader({
      link: createKafkaLink(this.#options.connection),
      topic: this.#options.prefix + topic,
      partition,
      onOutOfRange: (position) => this.#nearest({ topic, partition }, position),
      stallTimeoutMs: this.#options.stallTimeoutMs,
      signal,
    });
    this.#readers.set(signal, reader);
    return reader.fetch(request);
  }

  async committed(group: string, topic: string, partition: number): Promise<CommittedOffset | undefined> {
    checkGroup(group);
    await this.#check(topic, partition);
    const { prefix } = this.#options;
    const request = { groupId: prefix + group, topics: [prefix + topic] };
    const [answer] = await this.#ask('tell what was committed', () => this.#control.admin.fetchOffsets(request));
    const found = answer?.partitions.find((candidate) => candidate.partition === partition);
    if (!found || Number(found.offset) < 0) return undefined;
    return { offset: Number(found.offset), metadata: found.metadata ?? '' };
  }

  async bounds(topic: string, partition: number): Promise<{ first: number; next: number }> {
    await this.#check(topic, partition);
    const name = this.#options.prefix + topic;
    const offsets = await this.#ask('tell its offsets', () => this.#control.admin.fetchTopicOffsets(name));
    const found = offsets.find((candidate) => candidate.partition === partition);
    if (!found) throw new LogUnavailableError(`Kafka did not tell the offsets of ${topic}/${partition}`);
    return { first: Number(found.low), next: Number(found.high) };
  }

  async join(group: string, topics: readonly string[], events: MemberEvents): Promise<Membership> {
    checkGroup(group);
    for (const topic of topics) await this.#partitionsOf(topic);
    const { connection, prefix, times, timeoutMs } = this.#options;
    const plain = (name: string) => name.slice(prefix.length);
    const lost = this.#lostMembers.get(group) ?? [];
    this.#lostMembers.set(group, lost);
    const keepLost = () => {
      if (member.id !== '') lost.push(member.id);
    };
    const member = new GroupMember({
      group: prefix + group,
      topics: topics.map((topic) => prefix + topic),
      times,
      link: createKafkaLink(connection),
      control: this.#control,
      timeoutMs,
      committed: ({ topic, partition }) => this.committed(group, plain(topic), partition),
      partitionsOf: (topic) => this.#partitionsOf(plain(topic)),
      formerId: lost.pop(),
      events: {
        ...events,
        onLost: () => {
          keepLost();
          events.onLost();
        },
        onAssign: (assignment) => events.onAssign({ ...assignment, topic: plain(assignment.topic) }),
        onRevoke: (topic, partition, epoch) => events.onRevoke(plain(topic), partition, epoch),
      },
    });
    await member.join().catch((error: unknown) => {
      keepLost();
      throw error;
    });
    return {
      async commit(topic, partition, commit) {
        checkCommit(commit);
        await member.commit({ topic: prefix + topic, partition }, commit);
      },
      release: (topic, partition, epoch) => member.release(partitionKey(prefix + topic, partition), epoch),
      leave: () => member.leave(),
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const appender of this.#appenders.values()) appender.close();
    this.#control.cut();
  }

  #appender(topic: string, partition: number): PartitionAppender {
    const key = partitionKey(topic, partition);
    const known = this.#appenders.get(key);
    if (known) return known;
    const { connection, prefix, timeoutMs } = this.#options;
    const appender = new PartitionAppender({ connection, topic: prefix + topic, partition, timeoutMs });
    this.#appenders.set(key, appender);
    return appender;
  }

  async #nearest({ topic, partition }: TopicPartition, position: number): Promise<number> {
    const { first, next } = await this.bounds(topic, partition);
    if (position <= next) return first;
    throw new RangeError(`${topic}/${partition} ends before offset ${next}: there is no position ${position}`);
  }

  async #check(topic: string, partition: number): Promise<void> {
    const count = await this.#partitionsOf(topic);
    if (Number.isInteger(partition) && partition >= 0 && partition < count) return;
    throw new RangeError(`topic ${topic} has partitions 0 to ${count - 1}, not ${partition}`);
  }

  /** Number of partitions, asked once. */
  #partitionsOf(topic: string): Promise<number> {
    const known = this.#partitions.get(topic);
    if (known) return known;
    const asking = this.#askPartitions(topic);
    this.#partitions.set(topic, asking);
    asking.catch(() => this.#partitions.delete(topic));
    return asking;
  }

  async #askPartitions(topic: string): Promise<number> {
    const request = { topics: [this.#options.prefix + topic] };
    try {
      const { topics } = await this.#ask('name its topics', () => this.#control.admin.fetchTopicMetadata(request));
      const count = topics[0]?.partitions.length ?? 0;
      if (count > 0) return count;
    } catch (error) {
      const type = kafkaErrorType(error);
      if (type !== 'UNKNOWN_TOPIC_OR_PARTITION' && type !== 'INVALID_TOPIC_EXCEPTION') throw error;
    }
    throw new RangeError(`the log has no topic ${topic}`);
  }

  async #ask<T>(doing: string, ask: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new LogUnavailableError('the log client is closed');
    try {
      return await withDeadline(this.#askLeader(ask), this.#options.timeoutMs, doing);
    } catch (error) {
      if (error instanceof LogUnavailableError || kafkaErrorType(error) === undefined) this.#control.reconnect();
      throw toLogError(error, doing);
    }
  }

  /** Asks again, with fresh metadata, while there is no leader: just after a topic was made, or one was lost. kafkajs asks the old one. */
  async #askLeader<T>(ask: () => Promise<T>): Promise<T> {
    const until = performance.now() + electionMs;
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!isElecting(error) || performance.now() > until) throw error;
      }
      await sleep(electionPauseMs);
      await this.#control.cluster.refreshMetadata();
    }
  }
}
