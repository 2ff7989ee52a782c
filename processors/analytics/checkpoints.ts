import type { Assignment, LogConsumer } from '../../platform/log-store/log-store.ts';
import { ANALYTICS_GROUP } from '../../schemas/topics.ts';
import {
  type Ownership,
  SnapshotLostError,
  type SnapshotPart,
  type SnapshotStore,
} from '../snapshots/snapshot-store.ts';
import { decodeLineage, encodeLineage } from './lineage.ts';

export interface CheckpointDeps {
  assignment: Assignment;
  consumer: Pick<LogConsumer, 'commit'>;
  snapshots: SnapshotStore;
  /** A name nobody gave before. */
  createLineage: () => string;
  /** Does the work, again and again where that may help. */
  attempt<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * How far an assigned partition has come, in two places: the snapshot, which counts, and the log, for lag and for the order of owners. Every
 * method rejects with StaleEpochError when the partition has moved.
 */
export class Checkpoints {
  readonly #deps: CheckpointDeps;
  #ownership: Ownership | undefined;

  constructor(deps: CheckpointDeps) {
    this.#deps = deps;
  }

  /** Makes this the only one that may save. Resolves to the next offset to fold. Each attempt begins with a new receiver of the parts. */
  async takeOver(createReceiver: () => (part: SnapshotPart) => void): Promise<number> {
    const { assignment, snapshots, createLineage } = this.#deps;
    const { topic, partition, epoch, committed } = assignment;
    const claim = {
      ...{ group: ANALYTICS_GROUP, topic, partition, epoch },
      lineage: decodeLineage(committed?.metadata),
      freshLineage: createLineage(),
    };
    const { ownership, offset = 0 } = await this.#fenced(() => snapshots.takeOver(claim, createReceiver()));
    this.#ownership = ownership;
    await this.#commit(offset);
    return offset;
  }

  /** Stores the snapshot, then the offset. */
  async save(offset: number, parts: readonly SnapshotPart[]): Promise<void> {
    const { snapshots } = this.#deps;
    const ownership = this.#ownership;
    if (ownership === undefined) throw new Error('a snapshot was to be saved before the partition was taken over');
    await this.#fenced(() => snapshots.save(ownership, offset, parts));
    await this.#commit(offset);
  }

  #commit(offset: number): Promise<void> {
    const { attempt, assignment, consumer } = this.#deps;
    const { topic, partition, epoch, committed } = assignment;
    const metadata = this.#ownership ? encodeLineage(this.#ownership.lineage) : (committed?.metadata ?? '');
    return attempt(() => consumer.commit(topic, partition, { offset, metadata, epoch }));
  }

  /** Who lost the snapshot has lost the partition. Where the log does not say so too, only a new start helps. */
  async #fenced<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.#deps.attempt(work);
    } catch (error) {
      if (error instanceof SnapshotLostError) await this.#commit(this.#deps.assignment.committed?.offset ?? 0);
      throw error;
    }
  }
}
