import { setTimeout as delay } from 'node:timers/promises';
import type { JoinedGroup, KafkaLink, KafkaNode } from '../kafka.ts';
import { type CommittedOffset, StaleEpochError } from '../log-store.ts';
import { partitionKey } from '../offset-store.ts';
import type { MemberEvents } from '../session.ts';
import { withDeadline } from './deadline.ts';
import {
  decodeAssignment,
  encodeClaim,
  encodePlan,
  PROTOCOL_NAME,
  type TopicPartition,
  topicsOf,
} from './group-protocol.ts';
import { Holdings } from './holdings.ts';
import { ignorePassing, isMemberOut, isPassing, kafkaErrorType, toLogError } from './kafka-errors.ts';

const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 1_000;
const LEAVE_TIMEOUT_MS = 3_000;

/** Times of a membership in milliseconds. */
export interface GroupTimes {
  /** A member that is silent for so long is out. */
  sessionMs: number;
  heartbeatMs: number;
  /** How long the group waits for a member to join again. */
  rebalanceMs: number;
  /** How long a member may finish its work on a partition that moves. */
  revokeMs: number;
}

export interface GroupMemberOptions {
  /** As Kafka calls them. */
  group: string;
  topics: readonly string[];
  times: GroupTimes;
  /** For joining and heartbeats: a join is answered when all members have joined, and holds up what comes behind it. */
  link: KafkaLink;
  /** For everything else. */
  control: KafkaLink;
  /** How long a commit goes on trying. */
  timeoutMs: number;
  committed: (place: TopicPartition) => Promise<CommittedOffset | undefined>;
  partitionsOf: (topic: string) => Promise<number>;
  /** Of a membership that was lost: Kafka, if it still knows it, need not wait for its session to time out. */
  formerId: string | undefined;
  events: MemberEvents;
}

/**
 * A member of a consumer group. Rebalances are cooperative: what stays with a member is not interrupted, what moves is given up first.
 * An assignment's epoch is the group's generation that gave it; Kafka refuses commits of members that are out.
 */
export class GroupMember {
  readonly #options: GroupMemberOptions;
  readonly #holdings: Holdings;
  readonly #ending = new AbortController();
  #wake = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #memberId = '';
  #generation = -1;
  #lastContactAt = performance.now();

  constructor(options: GroupMemberOptions) {
    this.#options = options;
    this.#memberId = options.formerId ?? '';
    this.#holdings = new Holdings({
      revokeMs: options.times.revokeMs,
      committed: options.committed,
      events: options.events,
      onReleased: () => this.#wake.abort(),
    });
  }

  /** As Kafka calls it; empty before it has joined. */
  get id(): string {
    return this.#memberId;
  }

  /** Becomes a member; partitions arrive through the events, after this has resolved. Rejects when the group cannot be joined. */
  async join(): Promise<void> {
    const assigned = await this.#join();
    setImmediate(() => {
      if (this.#ending.signal.aborted) return;
      this.#holdings.apply(assigned, this.#generation);
      this.#running = this.#run();
    });
  }

  release(key: string, epoch: number): void {
    this.#holdings.release(key, epoch);
  }

  /** Resolves when Kafka has stored it. Rejects with StaleEpochError when the partition is no longer held under the epoch. */
  async commit({ topic, partition }: TopicPartition, commit: CommittedOffset & { epoch: number }): Promise<void> {
    const { group, control, timeoutMs } = this.#options;
    const key = partitionKey(topic, partition);
    const topics = [{ topic, partitions: [{ partition, offset: String(commit.offset), metadata: commit.metadata }] }];
    const deadline = performance.now() + timeoutMs;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
      if (!this.#holdings.isHeld(key, commit.epoch)) {
        throw new StaleEpochError(`${key} no longer belongs to this member of ${group} under epoch ${commit.epoch}`);
      }
      const as = { groupId: group, groupGenerationId: this.#generation, memberId: this.#memberId };
      try {
        const node = await control.cluster.findGroupCoordinator({ groupId: group });
        const leftMs = deadline - performance.now();
        await withDeadline(node.offsetCommit({ ...as, topics }), leftMs, `store a commit of ${key}`);
        return;
      } catch (error) {
        this.#checkCommitError(error, as.groupGenerationId, key);
        if (performance.now() + pauseMs > deadline) throw toLogError(error, `store a commit of ${key}`);
        if (kafkaErrorType(error) === undefined) control.reconnect();
        await delay(pauseMs);
      }
    }
  }

  /** Gives up all partitions without a word to the consumer and leaves the group. */
  async leave(): Promise<void> {
    const { group, control, link } = this.#options;
    this.#holdings.clear();
    this.#ending.abort();
    this.#wake.abort();
    const leaving = (async () => {
      await this.#running;
      if (this.#memberId === '') return;
      const node = (await control.cluster.findGroupCoordinator({ groupId: group })) as KafkaNode;
      await node.leaveGroup({ groupId: group, memberId: this.#memberId });
    })();
    await withDeadline(leaving, LEAVE_TIMEOUT_MS, `let a member leave ${group}`).catch(ignorePassing).finally(link.cut);
  }

  async #run(): Promise<void> {
    const { events } = this.#options;
    try {
      while (!this.#ending.signal.aborted) {
        if (await this.#isToRejoin()) this.#holdings.apply(await this.#join(), this.#generation);
      }
    } catch (error) {
      if (this.#ending.signal.aborted) return;
      this.#holdings.clear();
      this.#options.link.cut();
      if (isPassing(error)) events.onLost();
      else events.onFailed(error);
    }
  }

  /** Waits for the time of a heartbeat and sends it: true when the group is dividing its partitions anew. */
  async #isToRejoin(): Promise<boolean> {
    await delay(this.#options.times.heartbeatMs, undefined, { signal: this.#wake.signal }).catch(() => undefined);
    if (this.#ending.signal.aborted) return false;
    if (this.#wake.signal.aborted) {
      this.#wake = new AbortController();
      return true;
    }
    const beat = { groupId: this.#options.group, groupGenerationId: this.#generation, memberId: this.#memberId };
    return this.#insist(async (node) => {
      try {
        await node.heartbeat(beat);
        return false;
      } catch (error) {
        if (kafkaErrorType(error) === 'REBALANCE_IN_PROGRESS') return true;
        throw error;
      }
    });
  }

  async #join(): Promise<TopicPartition[]> {
    const { group, topics, times } = this.#options;
    return this.#insist(async (node) => {
      this.#wake = new AbortController();
      const claim = { topics, owned: this.#holdings.keys(), generation: this.#generation };
      const joined = await this.#joinAs(node, {
        groupId: group,
        sessionTimeout: times.sessionMs,
        rebalanceTimeout: times.rebalanceMs,
        groupProtocols: [{ name: PROTOCOL_NAME, metadata: encodeClaim(claim) }],
      });
      this.#memberId = joined.memberId;
      this.#generation = joined.generationId;
      const { memberAssignment } = await node.syncGroup({
        groupId: group,
        generationId: joined.generationId,
        memberId: joined.memberId,
        groupAssignment: joined.leaderId === joined.memberId ? await this.#plan(joined.members) : [],
      });
      return decodeAssignment(memberAssignment);
    });
  }

  /** A first joining forgets a former membership that Kafka has forgotten. */
  async #joinAs(
    node: KafkaNode,
    request: Omit<Parameters<KafkaNode['joinGroup']>[0], 'memberId'>,
  ): Promise<JoinedGroup> {
    try {
      return await node.joinGroup({ ...request, memberId: this.#memberId });
    } catch (error) {
      const isForgotten = this.#generation < 0 && isMemberOut(error);
      if (!isForgotten || this.#memberId === '') throw error;
      this.#memberId = '';
      return node.joinGroup({ ...request, memberId: '' });
    }
  }

  async #plan(members: Parameters<typeof encodePlan>[0]) {
    const counts = topicsOf(members).map(async (topic) => [topic, await this.#options.partitionsOf(topic)] as const);
    return encodePlan(members, new Map(await Promise.all(counts)));
  }

  /** Repeats what fails for a passing reason until the session must be over. */
  async #insist<T>(ask: (node: KafkaNode) => Promise<T>): Promise<T> {
    const { group, link } = this.#options;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
      try {
        const node = (await link.cluster.findGroupCoordinator({ groupId: group })) as KafkaNode;
        const answer = await ask(node);
        this.#lastContactAt = performance.now();
        return answer;
      } catch (error) {
        this.#checkContact(error);
        if (kafkaErrorType(error) === undefined) link.reconnect();
        await delay(pauseMs);
      }
    }
  }

  /** Throws what ends the membership: Kafka dropped it, must have dropped it by now, or will never accept it. */
  #checkContact(error: unknown): void {
    const { group, times } = this.#options;
    const isOver = performance.now() - this.#lastContactAt > times.sessionMs;
    const isEnding = isOver || this.#ending.signal.aborted || isMemberOut(error);
    if (isEnding || !isPassing(error)) throw toLogError(error, `keep a member of ${group}`);
  }

  #checkCommitError(error: unknown, generation: number, key: string): void {
    const isOurGeneration = generation === this.#generation;
    if (isMemberOut(error) && isOurGeneration) {
      throw new StaleEpochError(`Kafka refused a commit of ${key}: this member of the group is out`, { cause: error });
    }
    if (!isPassing(error)) throw error;
  }
}
