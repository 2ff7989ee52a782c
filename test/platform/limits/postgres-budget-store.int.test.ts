import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Budget } from '../../../platform/limits/budget.ts';
import { createPostgresBudgetStore, FORGET_AFTER_MS } from '../../../platform/limits/postgres-budget-store.ts';
import { createSharedBudgets } from '../../../platform/limits/shared-budgets.ts';
import { closePostgres, createPostgres } from '../../../platform/postgres.ts';
import { type ControlPlane, silentLog, startControlPlane } from '../../support/control-plane.ts';

const minute = Date.UTC(2026, 2, 18, 10, 30);
const windowMs = 60_000;
let plane: ControlPlane;

beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(() => plane.close());

/** A limiter with a pool of its own, as every process has. */
function openProcess() {
  const sql = createPostgres(plane.url);
  const store = createPostgresBudgetStore(sql);
  return {
    budgets: createSharedBudgets({ store, log: silentLog }),
    async [Symbol.asyncDispose]() {
      store.close();
      await closePostgres(sql);
    },
  };
}

describe('a budget in PostgreSQL', () => {
  it.each([100, 1_000, 5_000])('of %i is shared exactly by two processes with many callers each', async (limit) => {
    await using a = openProcess();
    await using b = openProcess();
    const budget: Budget = { bucket: `key_${limit} query`, limit, windowMs };
    let admitted = 0;
    const call = async (process: typeof a, calls: number) => {
      for (let request = 0; request < calls; request++) {
        const { retryAfterS } = await process.budgets.take(budget, minute);
        if (retryAfterS === undefined) admitted++;
      }
    };
    await Promise.all(Array.from({ length: 32 }, (_, caller) => call(caller % 2 === 0 ? a : b, limit / 16)));
    expect(admitted).toBeLessThanOrEqual(limit);
    expect(admitted).toBeGreaterThanOrEqual(limit * 0.99);
  });

  it('counts several leases of one statement, and forgets windows that are over', async () => {
    const sql = createPostgres(plane.url);
    const store = createPostgresBudgetStore(sql);
    const lease = (bucket: string, count: number) => ({ bucket, windowStartMs: minute, windowMs, count });
    expect(await store.take([lease('b', 2), lease('a', 1)])).toEqual([2, 1]);
    expect(await store.take([lease('a', 5), lease('b', 5)])).toEqual([6, 7]);
    expect(await store.forget(minute + windowMs + FORGET_AFTER_MS)).toBe(0);
    expect(await store.forget(minute + windowMs + FORGET_AFTER_MS + 1)).toBeGreaterThanOrEqual(2);
    store.close();
    await closePostgres(sql);
  });

  it('is counted by each process alone while PostgreSQL is away, and shared again when it is back', async () => {
    await using a = openProcess();
    const budget: Budget = { bucket: 'key_away query', limit: 50, windowMs };
    await a.budgets.take(budget, minute);
    await plane.stop();
    const away = await Promise.all(Array.from({ length: 49 }, () => a.budgets.take(budget, minute + windowMs)));
    expect(away.filter(({ retryAfterS }) => retryAfterS !== undefined)).toEqual([]);
    await plane.startAgain();
    const backAt = minute + 2 * windowMs;
    await expect
      .poll(async () => (await a.budgets.take(budget, backAt + (performance.now() % 50_000))).remaining)
      .toBeLessThan(50);
    const rows = () =>
      plane.sql`SELECT 1 FROM rate_budgets WHERE bucket = ${budget.bucket} AND window_start_ms = ${backAt}`;
    await expect.poll(async () => (await rows()).length, { timeout: 10_000 }).toBe(1);
  });
});
