import type { Sql } from '../postgres.ts';
import type { BudgetStore, Lease } from './budget.ts';

/** Windows are forgotten this long after their end. */
export const FORGET_AFTER_MS = 60_000;
/** How often the store is swept, by each process. */
export const SWEEP_INTERVAL_MS = 60_000;

export interface PostgresBudgetStore extends BudgetStore {
  /** Drops the windows that ended long enough before `nowMs`; resolves to their number. Done by itself once in a while. */
  forget(nowMs: number): Promise<number>;
  close(): void;
}

/** Budgets shared through an unlogged table: cheap to write, empty after a crash of the server, which costs a window at most. */
export function createPostgresBudgetStore(sql: Sql, now: () => number = Date.now): PostgresBudgetStore {
  const forget = async (nowMs: number) => {
    const { count } = await sql`DELETE FROM rate_budgets WHERE window_end_ms < ${nowMs - FORGET_AFTER_MS}`;
    return count;
  };
  const timer = setInterval(() => forget(now()).catch(onMissedSweep), SWEEP_INTERVAL_MS).unref();
  return {
    take: (leases) => takeAll(sql, leases),
    forget,
    close: () => clearInterval(timer),
  };
}

// In the order of the key, so that two statements never wait for each other.
async function takeAll(sql: Sql, leases: readonly Lease[]): Promise<number[]> {
  const sorted = leases.toSorted((a, b) => compare(a.bucket, b.bucket) || a.windowStartMs - b.windowStartMs);
  const rows = await sql<{ bucket: string; start: string; taken: string }[]>`
    INSERT INTO rate_budgets AS held (bucket, window_start_ms, window_end_ms, taken)
    SELECT * FROM unnest(
      ${sorted.map(({ bucket }) => bucket)}::text[],
      ${sorted.map(({ windowStartMs }) => windowStartMs)}::bigint[],
      ${sorted.map(({ windowStartMs, windowMs }) => windowStartMs + windowMs)}::bigint[],
      ${sorted.map(({ count }) => count)}::bigint[])
    ON CONFLICT (bucket, window_start_ms) DO UPDATE SET taken = held.taken + excluded.taken
    RETURNING bucket, window_start_ms AS start, taken`;
  const taken = new Map(rows.map((row) => [`${row.bucket} ${row.start}`, Number(row.taken)]));
  return leases.map(({ bucket, windowStartMs }) => {
    const sum = taken.get(`${bucket} ${windowStartMs}`);
    if (sum === undefined) throw new Error(`no budget came back for ${bucket}`);
    return sum;
  });
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

// The next sweep takes what this one left; that the store is away is told by whoever needs it.
function onMissedSweep(): void {}
