import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ScaleOut, startEmbeddedScaleOutLog, startScaleOut } from '../support/scale-out.ts';
import { shareUnderFaults } from '../support/scale-out-rounds.ts';

/** `ROUNDS=10` for more of it. */
const rounds = Number(process.env.ROUNDS ?? 1);
/** The shortest that is safe: see MIN_SESSION_TIMEOUT_MS. */
const sessionTimeoutMs = 10_000;
const freezeMs = 13_000;
const settleMs = 30_000;
const drainMs = 60_000;

let world: ScaleOut;
beforeAll(async () => {
  world = await startScaleOut(await startEmbeddedScaleOutLog(sessionTimeoutMs));
});
afterAll(() => world.stop());

test(
  'processors that join, leave, die and stand still under load store every event once, each partition worked on by one',
  async () => {
    const load = world.startLoad();
    await shareUnderFaults(world, { rounds, freezeMs, settleMs });
    const verdict = await world.judge(load, drainMs);
    expect(verdict.acknowledged).toBeGreaterThan(10_000);
    expect(verdict).toMatchObject({ lost: 0, duplicated: 0, differingCells: 0 });
  },
  drainMs + rounds * 120_000,
);
