import { setTimeout as delay } from 'node:timers/promises';
import { descendantsOf } from '../../support/processes.ts';
import type { Outcome } from '../outcome.ts';
import type { Scenario, ScenarioRun } from '../scenario.ts';
import { startControlCalls } from './control-calls.ts';
import { orgCode, type PipelineUnderLoad, startPipelineUnderLoad } from './pipeline-kill.ts';

const program = 'postgres-main';
const maxLifeMs = 1_000;

/** The postmaster and everything it started die while events come in and the control plane is being changed. */
export const killPostgres: Scenario = {
  name: 'kill-postgres',
  fault: 'kill -9 PostgreSQL',
  rounds: 30,
  run: runKillPostgres,
};

async function runKillPostgres({ rounds, report }: ScenarioRun): Promise<Outcome> {
  await using world = await startPipelineUnderLoad();
  const { admin, clients } = world;
  const calls = startControlCalls(admin, orgCode);
  let maxBackMs = 0;
  try {
    for (let round = 1; round <= rounds; round++) {
      await delay(Math.random() * maxLifeMs);
      killServer(world);
      const [changes, events] = [calls.created.size, clients.acknowledged().size];
      const isBack = async () => calls.created.size > changes + 1 && clients.acknowledged().size > events;
      const backMs = await world.back('events accepted and changes made after a kill', isBack);
      maxBackMs = Math.max(maxBackMs, backMs);
      report(`${round}: back in ${Math.round(backMs)} ms`);
    }
  } finally {
    await calls.stop();
  }
  const books = await world.settle();
  const lost = await calls.findLost();
  return {
    figures: {
      ...books,
      changesAcknowledged: calls.created.size,
      changesLost: lost.length,
      changesRefused: calls.failures(),
      maxBackMs: Math.round(maxBackMs),
    },
    violations: lost.length === 0 ? [] : ['acknowledged changes of the control plane are lost'],
  };
}

function killServer({ pidsOf }: PipelineUnderLoad): void {
  const pids = pidsOf(program).flatMap(descendantsOf);
  if (pids.length === 0) throw new Error(`${program} runs no process`);
  for (const pid of pids) killIfThere(pid);
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // Its parent took it along.
  }
}
