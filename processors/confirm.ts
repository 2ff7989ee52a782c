/** An answer that took longer may be stale: less than a partition needs to move from a process that does not answer (10 s). */
export const MAX_CONFIRM_MS = 5_000;

export interface ConfirmOptions {
  /** Commits the plan; throws when the partition has moved. */
  commit: () => Promise<void>;
  /** Aborted when the partition is about to move: it still takes commits then. */
  signal: AbortSignal;
  /** Milliseconds; also passes while the process is frozen. */
  now: () => number;
}

/**
 * What to await before a write: afterwards the plan is committed and the partition has not moved, and will not for some seconds. A process
 * that was frozen before the answer came may have lost the partition unseen, so it asks again.
 */
export function createConfirm({ commit, signal, now }: ConfirmOptions): () => Promise<void> {
  return async function confirm() {
    for (let askedAt = Number.NEGATIVE_INFINITY; now() - askedAt > MAX_CONFIRM_MS; ) {
      askedAt = now();
      await commit();
      signal.throwIfAborted();
    }
  };
}
