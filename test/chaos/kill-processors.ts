import type { ClickHouse } from '../../platform/clickhouse.ts';
import { processors } from '../../processors/registry.ts';
import { killUnderLoad } from './kill-sink.ts';
import type { Outcome } from './outcome.ts';
import { waitUntilStored } from './pipeline-books.ts';
import type { Scenario, ScenarioRun } from './scenario.ts';
import { type SinkWorld, startSinkWorld } from './sink-world.ts';

const drainWithinMs = 300_000;

/** One process hosts every processor: it is killed under load, and what each of them wrote must equal, bit by bit, what it writes of the same log undisturbed. */
export const killProcessors: Scenario = {
  name: 'kill-processors',
  fault: 'kill -9 each processor',
  rounds: 100,
  run: runKillProcessors,
};

async function runKillProcessors(run: ScenarioRun): Promise<Outcome> {
  await using world = await startSinkWorld();
  const { figures, violations } = await killUnderLoad(world, run);
  const disturbed = await digestOutputs(world);
  run.report('the same log again, undisturbed');
  await using again = await startSinkWorld(world.logDir);
  await again.processors.start();
  await waitUntilStored(again.log, drainWithinMs);
  const undisturbed = await digestOutputs(again);
  const outputs = Object.keys(undisturbed).map((table) => [table, `${undisturbed[table]?.rows} rows`]);
  const differing = Object.keys(undisturbed).filter((table) => !isSame(disturbed[table], undisturbed[table]));
  return {
    figures: { ...figures, ...Object.fromEntries(outputs) },
    violations: [
      ...violations,
      ...differing.map((table) => `${table} is not what an undisturbed run makes of the log`),
    ],
  };
}

interface Digest {
  rows: number;
  hash: string;
}

/** Of the table of each processor, whatever the order of its rows. */
async function digestOutputs({ analytics }: SinkWorld): Promise<Record<string, Digest>> {
  const tables = new Set(processors.map(({ table }) => table));
  const digests = [...tables].map(async (table) => [table, await digest(analytics.clickhouse, table)] as const);
  return Object.fromEntries(await Promise.all(digests));
}

async function digest(clickhouse: ClickHouse, table: string): Promise<Digest> {
  const [found] = await clickhouse.select<Digest>(
    `SELECT count() AS rows, toString(sum(sipHash64(toString(tuple(*))))) AS hash FROM ${table}`,
  );
  if (found === undefined) throw new Error(`no digest of ${table}`);
  return found;
}

const isSame = (one: Digest | undefined, other: Digest | undefined): boolean =>
  one?.rows === other?.rows && one?.hash === other?.hash;
