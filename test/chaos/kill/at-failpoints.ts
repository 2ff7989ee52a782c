import { waitUntil } from '../../../bench/support/wait.ts';
import { TOPIC_SETTINGS, TOPICS } from '../../../schemas/topics.ts';
import { createPoison } from '../../support/poison.ts';
import { runProgram } from '../../support/processes.ts';
import { isStoredUpTo, readEnds } from '../log-ends.ts';
import { compareEventIds, startLogLoad } from '../log-load.ts';
import type { Outcome } from '../outcome.ts';
import { waitUntilStored } from '../pipeline-books.ts';
import { readDeadPositions } from '../read-dead-positions.ts';
import type { Scenario, ScenarioRun } from '../scenario.ts';
import { FAILPOINTS, type FailpointName, reachedLine } from './failpoints.ts';
import { loseViewOfPlannedInsert } from './rollup-damage.ts';
import { type SinkWorld, startSinkWorld } from './sink-world.ts';
import { kill } from './world.ts';

/** Enough for several records in each insert; the sink is dead for most of the time. */
const pauseMs = 200;
const reachWithinMs = 180_000;
const backWithinMs = 180_000;
const drainWithinMs = 180_000;
const { partitions } = TOPIC_SETTINGS[TOPICS.events];
/** A reconcile of rows that are there has more statements than this, each with a failpoint before and after it. */
const reconcileStatements = 10;
/** Which one dies: the first time a place is passed is not always the one that hurts. */
const maxPasses = 3;

/** The sink dies at each of its named places; each time an ordinary one must go on by itself. */
export const killFailpoints: Scenario = {
  name: 'kill-failpoints',
  fault: `kill -9 sink at each of ${FAILPOINTS.length} failpoints`,
  rounds: 10,
  run: runKillFailpoints,
};

async function runKillFailpoints({ rounds, report }: ScenarioRun): Promise<Outcome> {
  await using world = await startSinkWorld();
  const load = startLogLoad(world.log, { pauseMs });
  const poisoned: string[] = [];
  const violations: string[] = [];
  let maxBackMs = 0;
  try {
    for (const name of FAILPOINTS) {
      const startedAt = performance.now();
      for (let round = 0; round < rounds; round++) {
        if (name.endsWith('_bury')) poisoned.push(await appendPoison(world, poisoned.length));
        const isReached = await killAt(world, name, round);
        if (!isReached) violations.push(`${name} was not reached in round ${round + 1}`);
        maxBackMs = Math.max(maxBackMs, await comeBack(world));
      }
      report(`${name}: ${rounds} kills in ${Math.round((performance.now() - startedAt) / 1_000)} s`);
    }
    await world.processors.start();
  } finally {
    await load.stop();
  }
  await waitUntilStored(world.log, drainWithinMs);
  const books = await compareEventIds(world.analytics.clickhouse, load.acknowledged());
  const letters = await readDeadPositions(world.log);
  if (poisoned.some((position) => !letters.has(position))) violations.push('a dead letter is lost');
  if (letters.size > poisoned.length) violations.push('a record was set aside that could be read');
  const kills = rounds * FAILPOINTS.length;
  return { figures: { ...books, kills, deadLetters: letters.size, maxBackMs: Math.round(maxBackMs) }, violations };
}

/** Brings the stores to where the failpoint is on the way, then runs a sink that dies there; false when it does not come there. */
async function killAt(world: SinkWorld, name: FailpointName, round: number): Promise<boolean> {
  if (name === 'reconcile_statement') {
    const isLeftOver = await dieAt(world, round % 2 === 0 ? 'after_plan' : 'insert_all_sent', 1);
    return isLeftOver && dieAt(world, name, 1 + Math.floor(Math.random() * 2 * reconcileStatements));
  }
  if (name === 'rollup_emptied') {
    const isLeftOver = await dieAt(world, 'before_advance', 1);
    const isDamaged = isLeftOver && (await loseViewOfPlannedInsert(world.log, world.analytics.clickhouse));
    return isDamaged && dieAt(world, name, 1);
  }
  return dieAt(world, name, name.endsWith('_bury') ? 1 : 1 + Math.floor(Math.random() * maxPasses));
}

async function dieAt({ env }: SinkWorld, name: FailpointName, nth: number): Promise<boolean> {
  const program = runProgram('test/chaos/kill/failpoint-processors.ts', [name, String(nth)], env);
  const tooLate = setTimeout(() => program.kill('SIGKILL'), reachWithinMs);
  await program.ended;
  clearTimeout(tooLate);
  return program.lines.includes(reachedLine(name));
}

/** An ordinary sink must store what is in the log now, and is then killed, too; resolves to the milliseconds that took. */
async function comeBack({ log, processors }: SinkWorld): Promise<number> {
  const startedAt = performance.now();
  const ends = await readEnds(log);
  const ordinary = await processors.start();
  const isBack = () => isStoredUpTo(log, ends);
  const stored = waitUntil({ what: 'a sink that comes back', withinMs: backWithinMs, everyMs: 50 }, isBack);
  const lastWords = await Promise.race([stored, ordinary.ended]);
  if (lastWords !== undefined) throw new Error(`the sink does not come back: ${lastWords}`);
  await kill(ordinary);
  return performance.now() - startedAt;
}

/** Resolves to the position of a record that cannot be read. */
async function appendPoison({ log }: SinkWorld, number: number): Promise<string> {
  const kinds = Object.values(createPoison());
  const partition = number % partitions;
  const [offset] = await log.append(TOPICS.events, partition, [kinds[number % kinds.length] ?? new Uint8Array()]);
  return `${partition}/${offset}`;
}
