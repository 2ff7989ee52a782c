/** A piece of the state of a partition, replaced as a whole. */
export interface SnapshotPart {
  /** What it is a piece of. */
  section: string;
  bucket: number;
  /** Empty: the piece is gone. */
  body: Uint8Array;
}

/** A partition as a consumer group of the log sees it. */
export interface SnapshotPlace {
  group: string;
  topic: string;
  partition: number;
}

/** Who takes a partition over. */
export interface Claim extends SnapshotPlace {
  /** Of the assignment. */
  epoch: number;
  /** What the group committed with its last offset: the snapshots that belong to it. Undefined: it knows of none. */
  lineage: string | undefined;
  /** Name of the snapshots to be made if those that are there belong to another group or log. */
  freshLineage: string;
}

/** What may write a partition's snapshots. */
export interface Ownership extends SnapshotPlace {
  epoch: number;
  lineage: string;
}

export interface TakenOver {
  ownership: Ownership;
  /** The next record to fold; undefined when there is no snapshot, that is from the first on. */
  offset: number | undefined;
}

/** Somebody else has taken the partition over since: nothing was stored. */
export class SnapshotLostError extends Error {
  override name = 'SnapshotLostError';
}

/** Where the state of partitions is kept. Methods reject when the store is away; then nothing changed, or all of it. */
export interface SnapshotStore {
  /**
   * Makes the claimant the only one that may save, and hands it the parts of the last snapshot, each section's in the order of their buckets.
   * Snapshots of another lineage are dropped. Rejects with {@link SnapshotLostError} when a larger epoch of the lineage was here before.
   */
  takeOver(claim: Claim, onPart: (part: SnapshotPart) => void): Promise<TakenOver>;
  /** Replaces the parts and moves the snapshot to the offset, together or not at all. Rejects with {@link SnapshotLostError}. */
  save(ownership: Ownership, offset: number, parts: readonly SnapshotPart[]): Promise<void>;
}
