import type { Assignment, CommittedOffset, LogRecord } from './log-store.ts';

/** One way to reach a log, over a socket or inside the process. The consumer loop stands on it and is the same for both. */
export interface LogSession {
  append(topic: string, partition: number, values: readonly Uint8Array[]): Promise<number[]>;
  /** Long poll: waits for a first record, then up to `maxWaitMs` for `minBytes`. Empty when nothing came for a while or the signal aborted. */
  fetch(request: FetchRequest, signal: AbortSignal): Promise<Fetched>;
  committed(group: string, topic: string, partition: number): Promise<CommittedOffset | undefined>;
  bounds(topic: string, partition: number): Promise<{ first: number; next: number }>;
  /** Becomes a member of the group; partitions arrive through the events. */
  join(group: string, topics: readonly string[], events: MemberEvents): Promise<Membership>;
  close(): Promise<void>;
}

export interface FetchRequest {
  topic: string;
  partition: number;
  from: number;
  minBytes: number;
  maxBytes: number;
  maxWaitMs: number;
}

export interface Fetched {
  records: LogRecord[];
  next: number;
}

export interface MemberEvents {
  onAssign(assignment: Assignment): void;
  /** The member finishes its work on the partition and releases it. */
  onRevoke(topic: string, partition: number, epoch: number): void;
  /** The connection broke: the membership and all its partitions are gone. */
  onLost(): void;
  /** The membership ended for a reason that joining again does not mend. */
  onFailed(error: unknown): void;
}

export interface Membership {
  commit(topic: string, partition: number, commit: CommittedOffset & { epoch: number }): Promise<void>;
  release(topic: string, partition: number, epoch: number): void;
  leave(): Promise<void>;
}
