import { afterAll, beforeAll, expect, test } from 'vitest';
import { type KafkaCluster, startKafka } from '../support/kafka-broker.ts';
import { openKafkaScaleOutLog, type ScaleOut, startScaleOut } from '../support/scale-out.ts';
import { shareUnderFaults } from '../support/scale-out-rounds.ts';

/** `ROUNDS=10` for more of it. */
const rounds = Number(process.env.ROUNDS ?? 1);
/** The shortest that is safe: see MIN_SESSION_TIMEOUT_MS. */
const sessionTimeoutMs = 10_000;
const freezeMs = 13_000;
const settleMs = 40_000;
const drainMs = 60_000;

let kafka: KafkaCluster;
let world: ScaleOut;
beforeAll(async () => {
  kafka = await startKafka();
  world = await startScaleOut(await openKafkaScaleOutLog(kafka, sessionTimeoutMs));
});
afterAll(async () => {
  await world?.stop();
  await kafka?.stop();
});

test(
  'processors that join, leave, die and stand still on Kafka store every event once, each partition worked on by one',
  async () => {
    const load = world.startLoad();
    await shareUnderFaults(world, { rounds, freezeMs, settleMs });
    const verdict = await world.judge(load, drainMs);
    expect(verdict.acknowledged).toBeGreaterThan(10_000);
    expect(verdict).toMatchObject({ lost: 0, duplicated: 0, differingCells: 0 });
  },
  drainMs + rounds * 180_000,
);
