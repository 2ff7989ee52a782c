import { startOwnKafka } from '../support/kafka-broker.ts';
import { openKafkaScaleOutLog, type ScaleOut, startEmbeddedScaleOutLog, startScaleOut } from '../support/scale-out.ts';
import { shareUnderFaults } from '../support/scale-out-rounds.ts';
import type { Outcome } from './outcome.ts';
import type { Scenario, ScenarioRun } from './scenario.ts';

/** As in production. */
const sessionTimeoutMs = 30_000;
const freezeMs = 45_000;
const settleMs = 60_000;
const drainMs = 300_000;

/** Processors join, leave, die and stand still longer than their session, on the embedded log. */
export const scaleOutEmbedded: Scenario = {
  name: 'scale-out',
  fault: 'processors join, leave, kill -9, freeze 45 s (embedded log)',
  rounds: 10,
  async run(run) {
    return judge(await startScaleOut(await startEmbeddedScaleOutLog(sessionTimeoutMs)), run);
  },
};

/** The same on Kafka. */
export const scaleOutKafka: Scenario = {
  name: 'scale-out-kafka',
  fault: 'processors join, leave, kill -9, freeze 45 s (Kafka)',
  rounds: 10,
  async run(run) {
    const kafka = await startOwnKafka();
    try {
      return await judge(await startScaleOut(await openKafkaScaleOutLog(kafka, sessionTimeoutMs)), run);
    } finally {
      await kafka.stop();
    }
  },
};

/** That every partition has one owner after each event is part of the rounds: they reject otherwise. */
async function judge(world: ScaleOut, { rounds, report }: ScenarioRun): Promise<Outcome> {
  try {
    const load = world.startLoad();
    const { longestHandoverMs } = await shareUnderFaults(world, { rounds, freezeMs, settleMs, report });
    const { acknowledged, lost, duplicated, differingCells, differences } = await world.judge(load, drainMs);
    return {
      figures: { acknowledged, lost, duplicated, differing: differingCells, longestHandoverMs },
      violations: differences,
    };
  } finally {
    await world.stop();
  }
}
