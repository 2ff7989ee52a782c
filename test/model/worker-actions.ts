import { type Design, isNamed, stepInDoubt } from './designs.ts';
import { noPlan, type Request, rangeOf, recordsOf, type State, type Table, type Todo, type Worker } from './state.ts';
import { nameOf, send, type Transition, withWorker } from './transition.ts';
import type { World } from './world.ts';

/** More inserts than this within one reconcile, and it starts anew. */
const maxAttempts = 3;

/** Everything the workers may do next. What waits for an answer does nothing of its own. */
export function* workerActions(world: World, state: State): Generator<Transition> {
  for (const [slot, worker] of state.workers.entries()) {
    if (worker === undefined) continue;
    const label = nameOf(slot, worker);
    if (worker.isStale && world.design.confirms && isWrite(worker)) {
      yield { label: `${label} asks the log and learns that it is stale`, state: withWorker(state, slot, undefined) };
      continue;
    }
    for (const next of stepOf({ world, state, slot, worker })) yield { ...next, label: `${label} ${next.label}` };
  }
}

/** PartitionWorker.#createConfirm is awaited before these. */
function isWrite({ step }: Worker): boolean {
  return step === 'insert' || step === 'complete' || step === 'delete' || step === 'fill';
}

interface Turn {
  world: World;
  state: State;
  slot: number;
  worker: Worker;
}

function* stepOf(turn: Turn): Generator<Transition> {
  switch (turn.worker.step) {
    case 'free':
      return yield* takeRange(turn);
    case 'insert':
      return yield {
        label: `sends the insert of ${rangeOf(turn.worker)}`,
        state: sendInsert(turn, recordsOf(turn.worker)),
      };
    case 'check':
    case 'recheck':
      return yield check(turn);
    case 'look':
      return yield look(turn);
    case 'complete':
      return yield complete(turn);
    case 'compare':
      return yield compare(turn);
    case 'delete':
      return yield { label: 'sends the DELETE of the cell', state: sendRepair(turn, 'delete') };
    case 'fill':
      return yield { label: 'sends the INSERT SELECT of the cell', state: sendRepair(turn, 'fill') };
    case 'advance':
      return yield advance(turn);
  }
}

/** PartitionWorker.#onRange up to the insert: any number of the records that are there is a range. */
function* takeRange({ world: { design, records }, state, slot, worker }: Turn): Generator<Transition> {
  const first = worker.isStale ? records : state.committed.offset;
  for (let last = first; last < records; last++) {
    const changed = withWorker(state, slot, { step: 'insert', first, last });
    const planned: State = { ...changed, committed: { offset: first, planEnd: last } };
    const advanced: State = { ...changed, committed: { offset: last + 1, planEnd: noPlan } };
    if (design.advances === 'before_insert') yield { label: `commits ${last + 1}, before its insert`, state: advanced };
    else if (design.plansBeforeInsert) yield { label: `plans ${first}-${last}`, state: planned };
    else yield { label: `takes ${first}-${last}`, state: changed };
  }
  if (worker.isStale) yield { label: 'learns that it is stale', state: withWorker(state, slot, undefined) };
}

/** createClickHouseSink.insert: one statement, one token. */
function sendInsert({ world, state, slot, worker }: Turn, records: readonly number[], suffix = ''): State {
  const range = rangeOf(worker);
  const token = world.design.hasToken ? `${range}${suffix}` : '';
  const todo = todoOf(world, records);
  const request: Request = { worker: slot, kind: 'insert', range, token, records, isRunning: false, todo, read: [] };
  return send(state, request, worker.step === 'insert' ? 'inserting' : 'completing');
}

function todoOf({ months }: World, records: readonly number[]): Todo[] {
  const tables: Table[] = ['raw', 'rollup'];
  const parts =
    months === 'one' ? [{ month: 0, records }] : records.map((record) => ({ month: record, records: [record] }));
  return tables.flatMap((table) => parts.map((part) => ({ table, ...part })));
}

/** clickhouse-sink.ts, refuseWhileRunning: a statement counts from when it has begun until it has ended. */
function check({ world: { design }, state, slot, worker }: Turn): Transition {
  const isRunning = state.requests.some(
    (request) => request.isRunning && request.range === rangeOf(worker) && isNamed(design, request),
  );
  if (isRunning) {
    const anew = { step: stepInDoubt(design), missing: [], attempt: 0 };
    return { label: 'finds a statement running', state: withWorker(state, slot, anew) };
  }
  const step = worker.step === 'check' ? 'look' : 'compare';
  return { label: 'finds no statement running', state: withWorker(state, slot, { step }) };
}

/** clickhouse-sink.ts, findStored. */
function look({ world: { design }, state, slot, worker }: Turn): Transition {
  const missing = recordsOf(worker).filter((record) => state.raw[record] === 0);
  const whenWhole = design.checksRunning === 'once' ? 'compare' : 'recheck';
  const step = missing.length > 0 ? 'complete' : whenWhole;
  return { label: `looks: missing [${missing}]`, state: withWorker(state, slot, { step, missing }) };
}

/** clickhouse-sink.ts, reconcile: inserts what is missing. The range's own token may be remembered though the rows are gone. */
function complete(turn: Turn): Transition {
  const { world, state, slot, worker } = turn;
  const { missing, attempt } = worker;
  if (attempt > maxAttempts) {
    const anew = { step: stepInDoubt(world.design), missing: [], attempt: 0 };
    return { label: 'starts anew', state: withWorker(state, slot, anew) };
  }
  const isWhole = missing.length === recordsOf(worker).length;
  const counted = attempt === 0 && isWhole ? '' : `:${missing.length}+${attempt}`;
  const numbered = attempt === 0 ? '' : `+${attempt}`;
  const suffix = world.design.keepsToken ? numbered : counted;
  const sent = sendInsert(turn, missing, suffix);
  return {
    label: `sends the insert of [${missing}]${suffix === '' ? '' : ` as${suffix}`}`,
    state: withWorker(sent, slot, { attempt: attempt + 1, missing: [] }),
  };
}

/** rollup-repair.ts, findDifferent: counts a cell, not records. Records of one month share a cell. */
function compare({ world: { months }, state, slot }: Turn): Transition {
  const { raw, rollup } = state;
  const isEqual = months === 'one' ? sum(raw) === sum(rollup) : raw.every((count, record) => count === rollup[record]);
  const step = isEqual ? 'advance' : 'delete';
  return { label: `compares: ${isEqual ? 'equal' : 'different'}`, state: withWorker(state, slot, { step }) };
}

/** rollup-repair.ts, rebuild: two statements, one after the other. */
function sendRepair({ state, slot, worker }: Turn, kind: 'delete' | 'fill'): State {
  const part: Todo = { table: 'rollup', month: 0, records: [] };
  const request: Request = {
    worker: slot,
    kind,
    range: rangeOf(worker),
    token: '',
    records: [],
    isRunning: false,
    todo: [part],
    read: [],
  };
  return send(state, request, kind === 'delete' ? 'deleting' : 'filling');
}

/** PartitionWorker.#advance: the log refuses a stale epoch. */
function advance({ state, slot, worker }: Turn): Transition {
  if (worker.isStale) return { label: 'is refused by the log', state: withWorker(state, slot, undefined) };
  const freed = withWorker(state, slot, { step: 'free', first: 0, last: -1, missing: [], attempt: 0 });
  return {
    label: `advances to ${worker.last + 1}`,
    state: { ...freed, committed: { offset: worker.last + 1, planEnd: noPlan } },
  };
}

/** PartitionWorker.#store: what follows when a statement was answered or its answer was lost. */
export function onAnswer(design: Design, worker: Worker, isDone: boolean): Partial<Worker> {
  if (!isDone) return { step: stepInDoubt(design), missing: [], attempt: 0 };
  if (worker.step === 'inserting') return design.advances === 'after_insert' ? { step: 'advance' } : { step: 'free' };
  if (worker.step === 'completing') return { step: design.checksRunning === 'once' ? 'look' : 'check' };
  return { step: worker.step === 'deleting' ? 'fill' : 'advance' };
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
