import { waitUntil } from '../../../bench/support/wait.ts';
import type { ClickHouse } from '../../../platform/clickhouse.ts';
import { statefulProcessors } from '../../../processors/analytics/registry.ts';
import { processors } from '../../../processors/registry.ts';
import { ANALYTICS_GROUP } from '../../../schemas/topics.ts';
import { isStoredUpTo, readEnds } from '../log-ends.ts';
import type { Outcome } from '../outcome.ts';
import { waitUntilStored } from '../pipeline-books.ts';
import type { Scenario, ScenarioRun } from '../scenario.ts';
import { killUnderLoad } from './sink.ts';
import { type SinkWorld, startSinkWorld } from './sink-world.ts';

const drainWithinMs = 600_000;

/** One process hosts every processor: it is killed under load, and what each of them wrote must equal, bit by bit, what it writes of the same log undisturbed. */
export const killProcessors: Scenario = {
  name: 'kill-processors',
  fault: 'kill -9 each processor',
  rounds: 100,
  run: runKillProcessors,
};

async function runKillProcessors(run: ScenarioRun): Promise<Outcome> {
  await using world = await startSinkWorld({ hasSnapshots: true });
  const { figures, violations } = await killUnderLoad(world, run);
  await waitUntilFolded(world);
  const disturbed = await digestOutputs(world);
  run.report('the same log again, undisturbed');
  await using again = await startSinkWorld({ hasSnapshots: true, recordsOf: world.logDir });
  await again.processors.start();
  await waitUntilStored(again.log, drainWithinMs);
  await waitUntilFolded(again);
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

/** Stateful processors have a group of their own. */
async function waitUntilFolded({ log }: SinkWorld): Promise<void> {
  const ends = await readEnds(log);
  const isFolded = () => isStoredUpTo(log, ends, ANALYTICS_GROUP);
  await waitUntil({ what: 'stateful processors that have folded everything', withinMs: drainWithinMs }, isFolded);
}

interface Digest {
  rows: number;
  hash: string;
}

/** Of the table of each processor, whatever the order of its rows; those that replace each other count once. */
async function digestOutputs({ analytics }: SinkWorld): Promise<Record<string, Digest>> {
  const tables = new Set([...processors, ...statefulProcessors].map(({ table }) => table));
  const digests = [...tables].map(async (table) => [table, await digest(analytics.clickhouse, table)] as const);
  return Object.fromEntries(await Promise.all(digests));
}

async function digest(clickhouse: ClickHouse, table: string): Promise<Digest> {
  const [found] = await clickhouse.select<Digest>(
    `SELECT count() AS rows, toString(sum(sipHash64(toString(tuple(*))))) AS hash FROM ${table}${(await isReplacing(clickhouse, table)) ? ' FINAL' : ''}`,
  );
  if (found === undefined) throw new Error(`no digest of ${table}`);
  return found;
}

async function isReplacing(clickhouse: ClickHouse, table: string): Promise<boolean> {
  const found = await clickhouse.select(
    `SELECT name FROM system.tables WHERE database = currentDatabase() AND name = {table:String} AND engine LIKE '%Replacing%'`,
    { table },
  );
  return found.length > 0;
}

const isSame = (one: Digest | undefined, other: Digest | undefined): boolean =>
  one?.rows === other?.rows && one?.hash === other?.hash;
