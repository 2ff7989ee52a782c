import type { Budget } from './budget.ts';

/** Largest part of a budget that a process takes ahead at a time: two processes that stop half-way strand at most 1 % together. */
export const LEASE_SHARE = 1 / 200;
/** What is left is shared out in ever smaller parts, so that little of it lies idle with one process while another refuses. */
export const REMAINDER_SHARE = 1 / 16;
/** Budgets below it are taken one by one, not ahead: one idle request would be more than a half percent of them. */
export const MIN_LIMIT_TO_TAKE_AHEAD = 1 / LEASE_SHARE;

/** What one process holds of one budget in one window. Knows no store and no clock. */
export interface Holding {
  budget: Budget;
  windowStartMs: number;
  /** Taken from the store and not spent. */
  available: number;
  /** Taken by all processes, as far as known. */
  taken: number;
  /** Size of the last lease: they double from one, so that who asks once holds nothing. */
  lastCount: number;
  /** Requests that wait for the next lease. */
  waiting: number;
}

export function createHolding(budget: Budget, windowStartMs: number): Holding {
  return { budget, windowStartMs, available: 0, taken: 0, lastCount: 0, waiting: 0 };
}

export const isExhausted = ({ taken, budget }: Holding): boolean => taken >= budget.limit;

/** Requests that are left for everybody, as far as known. */
export const remainingOf = ({ taken, available, budget }: Holding): number =>
  Math.max(0, budget.limit - taken) + available;

/** How many requests the next lease is for: at least one for each that waits. */
export function nextCount({ budget: { limit }, taken, lastCount, waiting }: Holding): number {
  const most = Math.max(1, Math.floor(Math.min(limit * LEASE_SHARE, (limit - taken) * REMAINDER_SHARE, lastCount * 2)));
  return Math.max(waiting, most);
}

/** Whether the next lease is to be taken now, while requests can still be served from the present one. */
export function isTimeToTakeAhead(holding: Holding): boolean {
  const { budget, available, lastCount } = holding;
  return budget.limit >= MIN_LIMIT_TO_TAKE_AHEAD && !isExhausted(holding) && available <= lastCount / 2;
}

/** Enters what the store answered to a lease: `taken` is the sum of all leases with this one, and beyond the limit nothing was got. */
export function onLeased(holding: Holding, count: number, taken: number): void {
  const excess = Math.max(0, taken - holding.budget.limit);
  holding.available += Math.max(0, count - excess);
  holding.taken = Math.max(holding.taken, taken);
  holding.lastCount = count;
}
