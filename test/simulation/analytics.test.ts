import { describe, expect, it, vi } from 'vitest';
import { type Mutation, simulateAnalytics } from './simulate-analytics.ts';

// The clock of the simulation replaces the global timers; this is the one module that does not go through them.
vi.mock('node:timers/promises', async () => ({ setTimeout: (await import('./clock.ts')).sleepOnTimers }));

/** `SEED=123 npx vitest run --project proof test/simulation/analytics` lives through one world only; `SEEDS=5000` through more. */
const only = process.env.SEED;
const count = Number(process.env.SEEDS ?? 500);
const seeds = only === undefined ? Array.from({ length: count }, (_, index) => index + 1) : [Number(only)];
const timeoutMs = 60_000 + count * 200;
/** Worlds in which a fault of design must show. */
const maxSearch = 300;

const faults: { fault: string; mutation: Mutation }[] = [
  {
    fault: 'says rows are stored before they are',
    mutation: {
      rows: (store) => ({
        async store(rows) {
          void store.store(rows).catch(() => undefined);
        },
      }),
    },
  },
  {
    fault: 'says signals and derived events are appended before they are',
    mutation: {
      log: (store) => ({
        ...store,
        async append(...append) {
          void store.append(...append).catch(() => undefined);
          return [];
        },
      }),
    },
  },
  {
    fault: 'saves no part of a snapshot but the first',
    mutation: {
      snapshots: (store) => ({ ...store, save: (by, offset, parts) => store.save(by, offset, parts.slice(0, 1)) }),
    },
  },
  {
    fault: 'lets everybody save',
    mutation: {
      snapshots: (store) => ({
        takeOver: (claim, onPart) => store.takeOver({ ...claim, epoch: 1 }, onPart),
        save: (by, offset, parts) => store.save({ ...by, epoch: 1 }, offset, parts),
      }),
    },
  },
];

describe('simulation of stateful processors', () => {
  it(
    `makes the rows, signals, derived events and state of an undisturbed run in ${seeds.length} worlds`,
    async () => {
      const failures: Record<string, string[]> = {};
      for (const seed of seeds) {
        const found = await simulateAnalytics(seed);
        if (found.length > 0) failures[`SEED=${seed} npx vitest run --project proof test/simulation/analytics`] = found;
      }
      expect(failures).toEqual({});
    },
    timeoutMs,
  );

  it.each(faults)(
    'finds stores of which one $fault',
    async ({ mutation }) => {
      let seed = 1;
      while (seed < maxSearch && (await simulateAnalytics(seed, mutation)).length === 0) seed += 1;
      expect(seed).toBeLessThan(maxSearch);
    },
    timeoutMs,
  );
});
