import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import type { Budget, BudgetStore } from '../../../platform/limits/budget.ts';
import { STORE_DEADLINE_MS } from '../../../platform/limits/deadline.ts';
import { createLocalBudgets, MAX_LOCAL_BUCKETS } from '../../../platform/limits/local-budgets.ts';
import { createMemoryBudgetStore } from '../../../platform/limits/memory-budget-store.ts';
import { createSharedBudgets, MAX_HOLDINGS, type SharedBudgets } from '../../../platform/limits/shared-budgets.ts';
import { createLimitMetrics, STORE_RETRY_PAUSE_MS } from '../../../platform/limits/store-state.ts';
import { silentLog } from '../../support/control-plane.ts';

const minute = Date.UTC(2026, 2, 18, 10, 30);
const budget = (limit: number, bucket = 'key_1 query'): Budget => ({ bucket, limit, windowMs: 60_000 });
const share = (store: BudgetStore) => createSharedBudgets({ store, log: silentLog });

/** How many of the requests got through. */
async function admit(
  budgets: SharedBudgets,
  wanted: Budget,
  { requests, nowMs = minute }: { requests: number; nowMs?: number },
): Promise<number> {
  let admitted = 0;
  for (let request = 0; request < requests; request++) {
    const { retryAfterS } = await budgets.take(wanted, nowMs);
    if (retryAfterS === undefined) admitted++;
  }
  return admitted;
}

describe('a budget of one process', () => {
  it.each([1, 7, 100, 199, 200, 1_000, 5_000])('of %i admits exactly that many, counting down', async (limit) => {
    const budgets = share(createMemoryBudgetStore());
    for (let request = 1; request <= limit; request++)
      expect(await budgets.take(budget(limit), minute)).toEqual({
        limit,
        remaining: limit - request,
        resetAtS: minute / 1000 + 60,
      });
    expect(await budgets.take(budget(limit), minute + 48_000)).toMatchObject({ remaining: 0, retryAfterS: 12 });
    expect(await budgets.take(budget(limit), minute + 59_999)).toMatchObject({ retryAfterS: 1 });
  });

  it('begins anew at the edge of the window, also when the clock was set back', async () => {
    const budgets = share(createMemoryBudgetStore());
    expect(await admit(budgets, budget(100), { requests: 150, nowMs: minute + 59_999 })).toBe(100);
    expect(await admit(budgets, budget(100), { requests: 150, nowMs: minute + 60_000 })).toBe(100);
    expect(await admit(budgets, budget(100), { requests: 150, nowMs: minute - 3_600_000 })).toBe(100);
  });

  it('lets nobody else pay for it', async () => {
    const budgets = share(createMemoryBudgetStore());
    expect(await admit(budgets, budget(3), { requests: 5 })).toBe(3);
    expect(await admit(budgets, budget(3, 'key_2 query'), { requests: 5 })).toBe(3);
    expect(await admit(budgets, budget(3, 'key_1 admin'), { requests: 5 })).toBe(3);
  });

  it('is peeked at without being counted', async () => {
    const budgets = share(createMemoryBudgetStore());
    await budgets.take(budget(5), minute);
    expect(budgets.peek(budget(5), minute)).toMatchObject({ remaining: 4 });
    expect(budgets.peek(budget(5), minute)).toMatchObject({ remaining: 4 });
  });

  it('is taken at once while some of it is held: most requests wait for nothing', async () => {
    const budgets = share(createMemoryBudgetStore());
    let waited = 0;
    for (let request = 0; request < 5_000; request++) {
      const decision = budgets.take(budget(5_000), minute);
      if (decision instanceof Promise) waited++;
      await decision;
      // Lets a lease that was taken ahead arrive, as the event loop does between requests.
      await new Promise(setImmediate);
    }
    expect(waited).toBeLessThan(250);
  });
});

describe('a budget of several processes', () => {
  it.each([2, 3, 8])('is never exceeded by %i of them, and used up to 1 %', async (processes) => {
    const store = createMemoryBudgetStore();
    const limiters = Array.from({ length: processes }, () => share(store));
    const counts = await Promise.all(limiters.map((limiter) => admit(limiter, budget(5_000), { requests: 5_000 })));
    const admitted = counts.reduce((sum, count) => sum + count, 0);
    expect(admitted).toBeLessThanOrEqual(5_000);
    expect(admitted).toBeGreaterThanOrEqual(4_950);
  });

  it('loses at most 1 % to a process that its clients leave half-way', async () => {
    const store = createMemoryBudgetStore();
    const [left, taken] = [share(store), share(store)];
    const early = await admit(left, budget(5_000), { requests: 2_000 });
    expect(early + (await admit(taken, budget(5_000), { requests: 5_000 }))).toBeGreaterThanOrEqual(4_950);
  });

  it('holds for callers that all come at once', async () => {
    const store = createMemoryBudgetStore();
    const limiters = [share(store), share(store)];
    const decisions = await Promise.all(
      Array.from({ length: 400 }, (_, index) => limiters[index % 2]?.take(budget(100), minute)),
    );
    expect(decisions.filter((decision) => decision?.retryAfterS === undefined)).toHaveLength(100);
  });

  it('does not depend on how many budgets a process remembers', async () => {
    const store = createMemoryBudgetStore();
    const budgets = share(store);
    expect(await admit(budgets, budget(3), { requests: 5 })).toBe(3);
    for (let other = 0; other < MAX_HOLDINGS; other++) await budgets.take(budget(3, `key ${other}`), minute);
    expect(await admit(budgets, budget(3), { requests: 5 })).toBe(0);
  });
});

describe('a store that is away', () => {
  const failing = () => {
    const memory = createMemoryBudgetStore();
    const store = {
      isAway: true,
      asked: 0,
      take(leases: Parameters<BudgetStore['take']>[0]) {
        store.asked++;
        return store.isAway ? Promise.reject(new Error('connect ECONNREFUSED')) : memory.take(leases);
      },
    };
    return store;
  };

  it('locks nobody out: the process counts alone, says so once, and asks again once a second', async () => {
    const store = failing();
    const lines: string[] = [];
    const log = {
      ...silentLog,
      error: (_: unknown, line: string) => lines.push(line),
      info: (line: string) => lines.push(line),
    };
    const metrics = createLimitMetrics(new Registry());
    const budgets = createSharedBudgets({ store, log: log as unknown as typeof silentLog, metrics });
    expect(await admit(budgets, budget(50), { requests: 80 })).toBe(50);
    expect(store.asked).toBe(1);
    expect(await metrics.storeAway.get()).toMatchObject({ values: [{ value: 1 }] });
    expect(await metrics.countedAlone.get()).toMatchObject({ values: [{ value: 80 }] });
    await admit(budgets, budget(50), { requests: 5, nowMs: minute + STORE_RETRY_PAUSE_MS });
    expect(store.asked).toBe(2);
    store.isAway = false;
    expect(
      await admit(budgets, budget(50, 'key_2 query'), { requests: 80, nowMs: minute + 2 * STORE_RETRY_PAUSE_MS }),
    ).toBe(50);
    expect(await metrics.storeAway.get()).toMatchObject({ values: [{ value: 0 }] });
    expect(lines).toEqual([
      'the store of the request limits is away: every process counts requests alone',
      'the store of the request limits is back',
    ]);
  });

  it('counts as away when it does not answer in time', async () => {
    const budgets = share({ take: () => new Promise<never>(() => {}) });
    const startedAt = performance.now();
    expect(await budgets.take(budget(10), minute)).toMatchObject({ remaining: 9 });
    expect(performance.now() - startedAt).toBeGreaterThan(STORE_DEADLINE_MS - 10);
    expect(performance.now() - startedAt).toBeLessThan(STORE_DEADLINE_MS + 1_000);
  });
});

describe('local budgets', () => {
  it('let callers beyond the number that is counted share one', () => {
    const budgets = createLocalBudgets();
    for (let caller = 0; caller < MAX_LOCAL_BUCKETS; caller++) budgets.take(budget(2, `address ${caller}`), minute);
    const late = ['a', 'b', 'c'].map((caller) => budgets.take(budget(2, caller), minute).retryAfterS);
    expect(late).toEqual([undefined, undefined, 60]);
    expect(budgets.take(budget(2, 'address 1'), minute).retryAfterS).toBeUndefined();
  });

  it('keep windows of different lengths apart', () => {
    const budgets = createLocalBudgets();
    const second = { bucket: 'key_1 second', limit: 1, windowMs: 1_000 };
    expect(budgets.take(second, minute).retryAfterS).toBeUndefined();
    expect(budgets.take(second, minute + 999).retryAfterS).toBe(1);
    budgets.take(budget(2), minute);
    expect(budgets.take(second, minute + 1_000).retryAfterS).toBeUndefined();
    expect(budgets.take(budget(2), minute + 1_000).remaining).toBe(0);
  });
});
