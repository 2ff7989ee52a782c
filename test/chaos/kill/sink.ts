import { compareEventIds, startLogLoad } from '../log-load.ts';
import type { Outcome } from '../outcome.ts';
import { waitUntilStored } from '../pipeline-books.ts';
import type { Scenario, ScenarioRun } from '../scenario.ts';
import { type SinkWorld, startSinkWorld } from './sink-world.ts';
import { killAgainAndAgain } from './world.ts';

const maxLifeMs = 900;
const drainWithinMs = 600_000;

/** The process that carries the log into ClickHouse is killed at any moment of its work. */
export const killSink: Scenario = {
  name: 'kill-sink',
  fault: 'kill -9 sink at random',
  rounds: 200,
  async run(run) {
    await using world = await startSinkWorld();
    return await killUnderLoad(world, run);
  },
};

/** Kills the processors again and again under load, lets the last of them finish, and compares the books. */
export async function killUnderLoad(world: SinkWorld, { rounds, report }: ScenarioRun): Promise<Outcome> {
  const { log, processors, analytics } = world;
  const load = startLogLoad(log);
  try {
    await killAgainAndAgain({ rounds, maxLifeMs, start: processors.start, report });
  } finally {
    await load.stop();
  }
  const drainMs = await waitUntilStored(log, drainWithinMs);
  const books = await compareEventIds(analytics.clickhouse, load.acknowledged());
  return { figures: { ...books, drainMs: Math.round(drainMs) }, violations: [] };
}
