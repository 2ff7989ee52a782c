import { type Outcome, violationsOf } from '../outcome.ts';
import type { Scenario, ScenarioRun } from '../scenario.ts';
import { type FaultTimes, faultTimes, type KafkaFault, kafkaFaults } from './faults.ts';
import { type KafkaRound, maxGapMs, runKafkaRound } from './round.ts';
import { type KafkaWorld, startKafkaWorld } from './world.ts';

const rounds = 10;
const described = {
  'kafka-broker-kill': 'Kafka: kill -9 a broker (of 3, min.isr 2)',
  'kafka-leader-kill': 'Kafka: kill -9 the leader of the load',
  'kafka-stop': 'Kafka: all brokers stopped, 60 s',
  'kafka-leader-freeze': 'Kafka: the leader of the load frozen, 45 s',
  'kafka-freeze': 'Kafka: all brokers frozen, 45 s',
  'kafka-rolling-restart': 'Kafka: rolling restart',
} satisfies Record<keyof typeof kafkaFaults, string>;

/** The faults of Kafka, each on a cluster and a pipeline of its own. */
export const kafkaScenarios: readonly Scenario[] = (Object.keys(kafkaFaults) as (keyof typeof kafkaFaults)[]).map(
  (name) => ({ name, fault: described[name], rounds, run: (run) => runInNewWorld(kafkaFaults[name], run) }),
);

async function runInNewWorld(fault: KafkaFault, run: ScenarioRun): Promise<Outcome> {
  await using world = await startKafkaWorld();
  return await runKafkaRounds(world, { ...run, fault, times: faultTimes }); // The world ends with this block.
}

/** The rounds one after the other, and what they came to together. */
export async function runKafkaRounds(
  world: KafkaWorld,
  { rounds: count, report, fault, times }: ScenarioRun & { fault: KafkaFault; times: FaultTimes },
): Promise<Outcome> {
  const done: KafkaRound[] = [];
  while (done.length < count) {
    const round = await runKafkaRound(world, fault, times);
    done.push(round);
    report(`round ${done.length}: ${JSON.stringify(round)}`);
  }
  const sum = (of: (round: KafkaRound) => number) => done.reduce((total, round) => total + of(round), 0);
  const most = (of: (round: KafkaRound) => number) => Math.round(Math.max(0, ...done.map(of)));
  return {
    figures: {
      acknowledged: sum((round) => round.acknowledged),
      lost: sum((round) => round.lost),
      duplicated: sum((round) => round.duplicated),
      differing: sum((round) => round.differing),
      unavailable: sum((round) => round.unavailable),
      longestGapMs: most((round) => round.longestGapMs),
      longestDrainMs: most((round) => round.drainMs),
    },
    violations: done.flatMap(violationsOfRound),
  };
}

function violationsOfRound(round: KafkaRound, index: number): string[] {
  const { falselyAcknowledged, unexpected, longestGapMs } = round;
  const checks = {
    [`${falselyAcknowledged} requests acknowledged while nothing can be stored`]: falselyAcknowledged > 0,
    [`answers other than 201 and 503: ${JSON.stringify(unexpected)}`]: Object.keys(unexpected).length > 0,
    [`no acknowledgement for ${Math.round(longestGapMs)} ms`]: longestGapMs > maxGapMs,
  };
  return violationsOf(checks).map((sentence) => `round ${index + 1}: ${sentence}`);
}
