import { expect, it, vi } from 'vitest';
import { pointWorkload as workload } from './point-workload.ts';
import { simulate } from './simulate.ts';

// The clock of the simulation replaces the global timers; this is the one module that does not go through them.
vi.mock('node:timers/promises', async () => ({ setTimeout: (await import('./clock.ts')).sleepOnTimers }));

/** `SEED=123 npx vitest run --project proof test/simulation/telemetry.test.ts` lives through one world only; `SEEDS=5000` through more. */
const only = process.env.SEED;
const count = Number(process.env.SEEDS ?? 100);
const seeds = only === undefined ? Array.from({ length: count }, (_, index) => index + 1) : [Number(only)];
const timeoutMs = 60_000 + count * 200;
const maxSearch = 100;

it(
  `points, what they grew by, ids and rollups are right at the end of ${seeds.length} worlds`,
  async () => {
    const failures: Record<string, string[]> = {};
    for (const seed of seeds) {
      const found = await simulate(seed, { workload });
      if (found.length > 0) failures[`SEED=${seed}`] = found;
    }
    expect(failures).toEqual({});
  },
  timeoutMs,
);

it(
  'a sink that knows no earlier totals is found',
  async () => {
    let seed = 1;
    const isFound = async () =>
      (await simulate(seed, { workload, mutate: (sink) => ({ ...sink, findEarlierTotals: async () => new Map() }) }))
        .length > 0;
    while (seed < maxSearch && !(await isFound())) seed += 1;
    expect(seed).toBeLessThan(maxSearch);
  },
  timeoutMs,
);
