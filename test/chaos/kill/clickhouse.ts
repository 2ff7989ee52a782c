import type { ClickHouse } from '../../../platform/clickhouse.ts';
import { isStoredUpTo, readEnds } from '../log-ends.ts';
import type { Outcome } from '../outcome.ts';
import type { Scenario, ScenarioRun } from '../scenario.ts';
import { catchMoment, type PipelineUnderLoad, startPipelineUnderLoad } from './pipeline-kill.ts';

const program = 'clickhouse-main';
const momentWithinMs = 10_000;
/** Each round of this many kills the engine while it merges, the others in the middle of an insert. */
const mergeEvery = 3;

/** The supervisor brings ClickHouse back, and the sink mends what the engine forgot. */
export const killClickHouse: Scenario = {
  name: 'kill-clickhouse',
  fault: 'kill -9 ClickHouse (mid-insert, in merge)',
  rounds: 50,
  run: runKillClickHouse,
};

async function runKillClickHouse({ rounds, report }: ScenarioRun): Promise<Outcome> {
  await using world = await startPipelineUnderLoad();
  const { log, clickhouse } = world.stores;
  const caught = { inserts: 0, merges: 0 };
  let maxBackMs = 0;
  for (let round = 1; round <= rounds; round++) {
    const kind = round % mergeEvery === 0 ? 'merges' : 'inserts';
    if (await (kind === 'merges' ? isMerging(clickhouse) : isInserting(clickhouse))) caught[kind] += 1;
    killEngine(world);
    const ends = await readEnds(log);
    const backMs = await world.back('all that was in the log stored after a kill', () => isStoredUpTo(log, ends));
    maxBackMs = Math.max(maxBackMs, backMs);
    report(`${round}: killed among ${kind}, back and caught up in ${Math.round(backMs)} ms`);
  }
  const books = await world.settle();
  const figures = { ...books, midInsert: caught.inserts, inMerge: caught.merges, maxBackMs: Math.round(maxBackMs) };
  const isCaught = caught.inserts + caught.merges > 0;
  return { figures, violations: isCaught ? [] : ['no kill hit an insert or a merge'] };
}

function killEngine({ pidsOf }: PipelineUnderLoad): void {
  const pids = pidsOf(program);
  if (pids.length === 0) throw new Error(`no process runs ${program}`);
  for (const pid of pids) process.kill(pid, 'SIGKILL');
}

function isInserting(clickhouse: ClickHouse): Promise<boolean> {
  return catchMoment(() => isAny(clickhouse, `system.processes WHERE query_kind = 'Insert'`), momentWithinMs);
}

async function isMerging(clickhouse: ClickHouse): Promise<boolean> {
  // It dies with the engine.
  const merging = ['events', 'measurements_1m'].map((table) => clickhouse.command(`OPTIMIZE TABLE ${table} FINAL`));
  void Promise.allSettled(merging);
  return catchMoment(() => isAny(clickhouse, 'system.merges'), momentWithinMs);
}

async function isAny(clickhouse: ClickHouse, of: string): Promise<boolean> {
  const [row] = await clickhouse.select<{ count: number }>(`SELECT count() AS count FROM ${of}`);
  return (row?.count ?? 0) > 0;
}
