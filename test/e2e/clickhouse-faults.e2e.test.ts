import { expect, it } from 'vitest';
import { runClickHouseRound } from '../chaos/clickhouse/faults.ts';

/** A hang or a dependence on ClickHouse shows in seconds; less than this is the noise of a machine that does other things as well. */
const noiseMs = 500;

it.each(['slow', 'hung', 'absent'] as const)(
  'a steady load is taken in, kept out of memory and stored once while ClickHouse is %s',
  async (fault) => {
    const outcome = await runClickHouseRound({ fault, minutes: 0.15, beforeMs: 4_000, noiseMs });
    expect(outcome).toMatchObject({ violations: [] });
    expect(outcome.figures.acknowledged).toBeGreaterThan(15_000);
  },
);
