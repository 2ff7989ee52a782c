import { type Budget, decide, type RateDecision, startOfWindow } from './budget.ts';

/** Buckets counted apart at the same time; beyond it all further ones share one. */
export const MAX_LOCAL_BUCKETS = 100_000;

const otherBuckets = 'others';

export interface LocalBudgets {
  /** Counts one request. `nowMs` in milliseconds since the epoch. */
  take(budget: Budget, nowMs: number): RateDecision;
}

interface Window {
  startMs: number;
  counts: Map<string, number>;
}

/** Counts requests in fixed windows in the memory of this process alone. */
export function createLocalBudgets(): LocalBudgets {
  const windows = new Map<number, Window>();
  return {
    take(budget, nowMs) {
      const { bucket, limit, windowMs } = budget;
      const counts = countsAt(windows, startOfWindow(nowMs, windowMs), windowMs);
      const key = counts.size < MAX_LOCAL_BUCKETS || counts.has(bucket) ? bucket : otherBuckets;
      const used = (counts.get(key) ?? 0) + 1;
      counts.set(key, used);
      return decide(budget, limit - used, nowMs);
    },
  };
}

// A clock set back opens another window too, so that nobody stays locked out.
function countsAt(windows: Map<number, Window>, startMs: number, windowMs: number): Map<string, number> {
  const window = windows.get(windowMs);
  if (window?.startMs === startMs) return window.counts;
  const counts = new Map<string, number>();
  windows.set(windowMs, { startMs, counts });
  return counts;
}
