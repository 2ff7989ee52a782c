import { notedOnly } from './clickhouse-actions.ts';
import { stepInDoubt } from './designs.ts';
import { createWorker, noPlan, noWorker, type State, type Worker } from './state.ts';
import { forget, nameOf, type Transition, withWorker } from './transition.ts';
import { onAnswer } from './worker-actions.ts';
import type { World } from './world.ts';

/** Everything that may go wrong next, while there are faults left, and the start of a successor, which is none. */
export function* faultActions(world: World, state: State): Generator<Transition> {
  yield* succession(world, state);
  if (state.faultsLeft === 0) return;
  for (const next of faults(world, state)) {
    yield { label: `FAULT: ${next.label}`, state: { ...next.state, faultsLeft: state.faultsLeft - 1 }, isFault: true };
  }
}

/** Where nobody holds the partition, a new process takes it and reads the commit. */
function* succession(world: World, state: State): Generator<Transition> {
  if (state.workers.some((worker) => worker?.isStale === false)) return;
  const slot = state.workers.indexOf(undefined);
  if (slot === -1) return;
  const { offset, planEnd } = state.committed;
  if (offset >= world.records) return;
  const worker = createWorker(offset, planEnd, stepInDoubt(world.design));
  const workers = state.workers.map((other, at) => (at === slot ? worker : other));
  const found = planEnd === noPlan ? `offset ${offset}` : `the plan ${offset}-${planEnd}`;
  yield { label: `${nameOf(slot, worker)} takes over at ${found}`, state: { ...state, workers } };
}

function* faults(world: World, state: State): Generator<Transition> {
  for (const [slot, worker] of state.workers.entries()) {
    if (worker !== undefined) yield* workerFaults(world, state, { slot, worker });
  }
  for (const request of state.requests) {
    if (request.kind !== 'insert' || request.isRunning) continue;
    const requests = [...state.requests, { ...request, worker: noWorker }];
    yield { label: `the insert ${request.token} is sent twice on the way`, state: { ...state, requests } };
  }
  yield { label: 'ClickHouse is killed', state: restart(world, state) };
  if (world.design.engine === 'replicated') return;
  for (const { label, state: noted } of notedOnly(world, state)) {
    yield { label: `ClickHouse is killed between token and part of ${label}`, state: restart(world, noted) };
  }
  yield* machineLoss(world, state);
}

function* workerFaults(world: World, state: State, at: { slot: number; worker: Worker }): Generator<Transition> {
  const { slot, worker } = at;
  const name = nameOf(slot, worker);
  yield { label: `${name} is killed`, state: withWorker(forget(state, slot), slot, undefined) };
  const isHeld = state.workers.includes(undefined) && !worker.isStale;
  if (isHeld)
    yield { label: `the partition moves away from ${name}`, state: withWorker(state, slot, { isStale: true }) };
  const isWaiting = state.requests.some((request) => request.worker === slot);
  if (!isWaiting) return;
  const change = onAnswer(world.design, worker, false);
  yield { label: `${name} gives up waiting`, state: withWorker(forget(state, slot), slot, change) };
}

/** Every statement under way ends where it is; what was committed and noted stays. Who waits sees the connection break. */
function restart(world: World, state: State): State {
  let next: State = { ...state, requests: [] };
  for (const { worker: slot } of state.requests) {
    const worker = state.workers[slot];
    if (worker !== undefined) next = withWorker(next, slot, onAnswer(world.design, worker, false));
  }
  return next;
}

/** Power is cut: what plain MergeTree noted since the last sync is gone. Parts are taken as synced: no sink could mend their loss. */
function* machineLoss(world: World, state: State): Generator<Transition> {
  const restarted: State = { ...restart(world, state), tokens: [] };
  if (world.machines === 'several')
    yield { label: "ClickHouse's machine fails, its tokens are lost", state: restarted };
  else
    yield {
      label: 'the machine fails, ClickHouse loses its tokens',
      state: { ...restarted, workers: [undefined, undefined] },
    };
}
