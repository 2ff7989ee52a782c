import type { CommittedOffset } from '../log-store.ts';
import { partitionKey } from '../offset-store.ts';
import type { MemberEvents } from '../session.ts';
import type { TopicPartition } from './group-protocol.ts';
import { isPassing } from './kafka-errors.ts';

interface Holding extends TopicPartition {
  epoch: number;
  /** The consumer knows of it, so it must be asked to give it back. */
  isAnnounced: boolean;
  revoking: NodeJS.Timeout | undefined;
}

export interface HoldingsOptions {
  /** How long the consumer may take to give a partition back. */
  revokeMs: number;
  committed: (place: TopicPartition) => Promise<CommittedOffset | undefined>;
  events: MemberEvents;
  /** All that had to be given back was, or the time for it is up. */
  onReleased: () => void;
}

/** The partitions a member of a group holds, from the assignment that gave them until the consumer gave them back. */
export class Holdings {
  readonly #options: HoldingsOptions;
  readonly #holdings = new Map<string, Holding>();

  constructor(options: HoldingsOptions) {
    this.#options = options;
  }

  keys(): string[] {
    return [...this.#holdings.keys()];
  }

  isHeld(key: string, epoch: number): boolean {
    return this.#holdings.get(key)?.epoch === epoch;
  }

  /** Takes what is new under the epoch and asks back what is no longer assigned. */
  apply(assigned: readonly TopicPartition[], epoch: number): void {
    const keys = new Set(assigned.map(({ topic, partition }) => partitionKey(topic, partition)));
    const lost = [...this.#holdings].filter(([key]) => !keys.has(key));
    const dropped = lost.filter(([, { isAnnounced }]) => !isAnnounced);
    for (const [key] of dropped) this.#holdings.delete(key);
    for (const [key, holding] of lost) if (holding.isAnnounced) this.#revoke(key, holding);
    for (const place of assigned) this.#take(place, epoch);
    if (dropped.length > 0) this.#tellWhenReleased();
  }

  release(key: string, epoch: number): void {
    const holding = this.#holdings.get(key);
    if (holding?.epoch !== epoch) return;
    clearTimeout(holding.revoking);
    this.#holdings.delete(key);
    this.#tellWhenReleased();
  }

  clear(): void {
    for (const { revoking } of this.#holdings.values()) clearTimeout(revoking);
    this.#holdings.clear();
  }

  #take({ topic, partition }: TopicPartition, epoch: number): void {
    const key = partitionKey(topic, partition);
    if (this.#holdings.has(key)) return;
    const holding = { topic, partition, epoch, isAnnounced: false, revoking: undefined };
    this.#holdings.set(key, holding);
    void this.#announce(key, holding);
  }

  async #announce(key: string, holding: Holding): Promise<void> {
    const { topic, partition, epoch } = holding;
    while (this.#holdings.get(key) === holding) {
      try {
        const committed = await this.#options.committed({ topic, partition });
        if (this.#holdings.get(key) !== holding) return;
        holding.isAnnounced = true;
        return this.#options.events.onAssign({ topic, partition, epoch, committed });
      } catch (error) {
        if (!isPassing(error)) return this.#options.events.onFailed(error);
      }
    }
  }

  #revoke(key: string, holding: Holding): void {
    if (holding.revoking) return;
    const { topic, partition, epoch } = holding;
    holding.revoking = setTimeout(() => this.release(key, epoch), this.#options.revokeMs);
    this.#options.events.onRevoke(topic, partition, epoch);
  }

  #tellWhenReleased(): void {
    if (![...this.#holdings.values()].some(({ revoking }) => revoking)) this.#options.onReleased();
  }
}
