/** So many requests in each window of the clock, for whoever shares the bucket. */
export interface Budget {
  /** Who is counted, and for what, such as `key_m3kL9xPq ingest`. */
  bucket: string;
  limit: number;
  windowMs: number;
}

export interface RateDecision {
  limit: number;
  /** Of the present window, as far as this process knows; others may hold some of it. */
  remaining: number;
  /** Seconds since the epoch. */
  resetAtS: number;
  /** Seconds until the caller may come back; undefined when the request is within the limit. */
  retryAfterS?: number;
}

/** A part of a budget that a process wants to spend on its own. */
export interface Lease {
  bucket: string;
  /** Milliseconds since the epoch; windows begin at multiples of their length. */
  windowStartMs: number;
  windowMs: number;
  count: number;
}

/** What the processes of a tier share their budgets in. Another shared store can take the place of PostgreSQL by implementing it. */
export interface BudgetStore {
  /**
   * Adds the count of each lease to what has been taken of its bucket in its window, and answers with the sums, in order: atomic for each
   * bucket. What goes beyond a limit is the caller's to see. Rejects when the store is away.
   */
  take(leases: readonly Lease[]): Promise<number[]>;
}

export const startOfWindow = (nowMs: number, windowMs: number): number => Math.floor(nowMs / windowMs) * windowMs;

/** The decision about a request in a window of which `remaining` requests are left; negative: one too many. */
export function decide({ limit, windowMs }: Omit<Budget, 'bucket'>, remaining: number, nowMs: number): RateDecision {
  const endMs = startOfWindow(nowMs, windowMs) + windowMs;
  const decision: RateDecision = { limit, remaining: Math.max(0, remaining), resetAtS: Math.ceil(endMs / 1000) };
  if (remaining < 0) decision.retryAfterS = Math.max(1, Math.ceil((endMs - nowMs) / 1000));
  return decision;
}
