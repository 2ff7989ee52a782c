import type { CommittedOffset } from './log-store.ts';

/** What is kept of a group: its last epoch and its committed offsets by partition key. */
export interface GroupState {
  epoch: number;
  committed: Record<string, CommittedOffset>;
}

/** Where groups are kept: a file each, or memory in the twin. */
export interface OffsetStore {
  read(group: string): GroupState;
  /** Resolves when the change is durable. */
  save(group: string, change: Partial<GroupState>): Promise<void>;
}

/** Largest metadata of a commit, in UTF-8 bytes: the default bound of a Kafka broker, so that both logs accept the same. */
export const MAX_METADATA_BYTES = 4096;

export const partitionKey = (topic: string, partition: number): string => `${topic}/${partition}`;

/** The state with the change on top. */
export function withChange(state: GroupState, change: Partial<GroupState>): GroupState {
  return {
    epoch: change.epoch ?? state.epoch,
    committed: { ...state.committed, ...change.committed },
  };
}
