import type { BudgetStore } from './budget.ts';

/** Budgets in the memory of one process: for a server that shares them with nobody. Holds the windows of at most two lengths at a time. */
export function createMemoryBudgetStore(): BudgetStore {
  const windows = new Map<number, { startMs: number; taken: Map<string, number> }>();
  return {
    async take(leases) {
      return leases.map(({ bucket, windowStartMs, windowMs, count }) => {
        let window = windows.get(windowMs);
        if (window?.startMs !== windowStartMs) {
          window = { startMs: windowStartMs, taken: new Map() };
          windows.set(windowMs, window);
        }
        const taken = (window.taken.get(bucket) ?? 0) + count;
        window.taken.set(bucket, taken);
        return taken;
      });
    },
  };
}
