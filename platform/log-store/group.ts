import { setTimeout as delay } from 'node:timers/promises';
import { divide } from './assignment.ts';
import { type CommittedOffset, StaleEpochError } from './log-store.ts';
import { type OffsetStore, partitionKey } from './offset-store.ts';
import type { MemberEvents, Membership } from './session.ts';

/** How long a member may finish its work on a partition before the partition goes to another one regardless. */
export const REVOKE_TIMEOUT_MS = 10_000;

/** Pause before another try to store an epoch, without which no partition is handed out. */
const EPOCH_RETRY_MS = 1_000;

export interface GroupOptions {
  name: string;
  offsets: OffsetStore;
  /** Number of partitions of a topic. */
  partitionsOf: (topic: string) => number;
  revokeTimeoutMs: number;
}

type GroupEvents = Pick<MemberEvents, 'onAssign' | 'onRevoke'>;

interface Member {
  id: number;
  topics: ReadonlySet<string>;
  events: GroupEvents;
}

interface Holding {
  key: string;
  topic: string;
  partition: number;
  owner: number | undefined;
  epoch: number;
  isAnnounced: boolean;
  revoking: NodeJS.Timeout | undefined;
}

/**
 * Divides the partitions of topics among the members of one consumer group. A partition has one owner at a time; it
 * changes hands when the owner released it, left, or let the time-out pass, always under a larger epoch, stored first.
 */
export class Group {
  readonly #options: GroupOptions;
  readonly #members = new Map<number, Member>();
  readonly #holdings = new Map<string, Holding>();
  #epoch: number;
  #nextId = 1;

  constructor(options: GroupOptions) {
    this.#options = options;
    this.#epoch = options.offsets.read(options.name).epoch;
  }

  /** Adds a member; what it gets arrives through its events, later. */
  join(topics: readonly string[], events: GroupEvents): Membership {
    for (const topic of topics) this.#addHoldings(topic);
    const id = this.#nextId++;
    this.#members.set(id, { id, topics: new Set(topics), events });
    this.#rebalance();
    return {
      commit: (topic, partition, change) => this.#commit(id, partitionKey(topic, partition), change),
      release: (topic, partition, epoch) => this.#release(id, partitionKey(topic, partition), epoch),
      leave: async () => this.#leave(id),
    };
  }

  #addHoldings(topic: string): void {
    for (let partition = 0; partition < this.#options.partitionsOf(topic); partition++) {
      const key = partitionKey(topic, partition);
      if (this.#holdings.has(key)) continue;
      const free = { owner: undefined, epoch: 0, isAnnounced: false, revoking: undefined };
      this.#holdings.set(key, { key, topic, partition, ...free });
    }
  }

  #rebalance(): void {
    const target = divide([...this.#holdings.values()], [...this.#members.values()]);
    for (const holding of this.#holdings.values()) {
      if (holding.owner === undefined || holding.owner === target.get(holding.key)) continue;
      if (holding.isAnnounced) this.#revoke(holding);
      else this.#free(holding);
    }
    this.#handOut(target);
  }

  #revoke(holding: Holding): void {
    if (holding.revoking || holding.owner === undefined) return;
    holding.revoking = setTimeout(() => {
      this.#free(holding);
      this.#rebalance();
    }, this.#options.revokeTimeoutMs);
    this.#members.get(holding.owner)?.events.onRevoke(holding.topic, holding.partition, holding.epoch);
  }

  #free(holding: Holding): void {
    clearTimeout(holding.revoking);
    holding.revoking = undefined;
    holding.owner = undefined;
  }

  #handOut(target: ReadonlyMap<string, number>): void {
    const gained = [...this.#holdings.values()].filter(({ owner, key }) => owner === undefined && target.has(key));
    if (gained.length === 0) return;
    this.#epoch += 1;
    for (const holding of gained) {
      holding.owner = target.get(holding.key);
      holding.epoch = this.#epoch;
      holding.isAnnounced = false;
    }
    void this.#announce(gained, this.#epoch);
  }

  async #announce(gained: readonly Holding[], epoch: number): Promise<void> {
    while (!(await this.#isEpochStored(epoch)) && this.#members.size > 0) await delay(EPOCH_RETRY_MS);
    const { committed } = this.#options.offsets.read(this.#options.name);
    for (const holding of gained) {
      const member = holding.owner === undefined ? undefined : this.#members.get(holding.owner);
      if (!member || holding.epoch !== epoch) continue;
      holding.isAnnounced = true;
      const { topic, partition, key } = holding;
      member.events.onAssign({ topic, partition, epoch, committed: committed[key] });
    }
  }

  #isEpochStored(epoch: number): Promise<boolean> {
    return this.#options.offsets.save(this.#options.name, { epoch }).then(
      () => true,
      () => false,
    );
  }

  #owned(id: number, key: string, epoch: number): Holding | undefined {
    const holding = this.#holdings.get(key);
    return holding?.owner === id && holding.epoch === epoch ? holding : undefined;
  }

  async #commit(id: number, key: string, commit: CommittedOffset & { epoch: number }): Promise<void> {
    const { epoch, offset, metadata } = commit;
    if (!this.#owned(id, key, epoch)) {
      throw new StaleEpochError(
        `${key} no longer belongs to this member of ${this.#options.name} under epoch ${epoch}`,
      );
    }
    await this.#options.offsets.save(this.#options.name, { committed: { [key]: { offset, metadata } } });
  }

  #release(id: number, key: string, epoch: number): void {
    const holding = this.#owned(id, key, epoch);
    if (!holding) return;
    this.#free(holding);
    this.#rebalance();
  }

  #leave(id: number): void {
    if (!this.#members.delete(id)) return;
    for (const holding of this.#holdings.values()) if (holding.owner === id) this.#free(holding);
    this.#rebalance();
  }
}
