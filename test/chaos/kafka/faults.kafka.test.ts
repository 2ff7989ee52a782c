import { afterAll, beforeAll, expect, test } from 'vitest';
import { kafkaFaults, shortFaultTimes } from './faults.ts';
import { runKafkaRounds } from './scenarios.ts';
import { type KafkaWorld, startKafkaWorld } from './world.ts';

let world: KafkaWorld;
beforeAll(async () => {
  world = await startKafkaWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());

test.each(Object.entries(kafkaFaults))(
  'nothing acknowledged is lost or counted twice through %s',
  async (_name, fault) => {
    const run = { rounds: 1, report: () => undefined, fault, times: shortFaultTimes };
    const { figures, violations } = await runKafkaRounds(world, run);
    console.log(figures);
    expect(violations).toEqual([]);
    expect(figures).toMatchObject({ lost: 0, duplicated: 0, differing: 0 });
    expect(figures.acknowledged).toBeGreaterThan(0);
  },
  180_000,
);
