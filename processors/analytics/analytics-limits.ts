export interface AnalyticsLimits {
  /** Milliseconds from one snapshot to the next; longer where a snapshot takes more than a tenth of it. */
  snapshotMs: number;
  /** Rows wait at most so long for more of them, milliseconds. */
  flushMs: number;
  /** So many rows are stored at once. */
  maxRows: number;
}

export const DEFAULT_LIMITS: AnalyticsLimits = { snapshotMs: 10_000, flushMs: 1_000, maxRows: 50_000 };

/** A snapshot rests at least this many times what it took: state is then stored in at most a tenth of the time. */
export const SNAPSHOT_REST = 10;

/** When the next snapshot is due, after one that ended at `snapshotAt` and took `snapshotMs`; milliseconds. */
export function snapshotDueAt(
  { snapshotAt, snapshotMs }: { snapshotAt: number; snapshotMs: number },
  limits: AnalyticsLimits,
): number {
  return snapshotAt + Math.max(limits.snapshotMs, SNAPSHOT_REST * snapshotMs);
}
