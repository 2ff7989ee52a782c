import { type Design, isNamed } from './designs.ts';
import { noWorker, type Request, type State, type Table, type Todo } from './state.ts';
import { type Transition, withRequest, withWorker } from './transition.ts';
import { onAnswer } from './worker-actions.ts';
import type { World } from './world.ts';

/** Everything ClickHouse may do next with what it was sent, in any order. */
export function* clickhouseActions(world: World, state: State): Generator<Transition> {
  for (const [index, request] of state.requests.entries()) {
    const label = `ClickHouse, ${request.kind} ${request.token || request.range}:`;
    for (const next of handle(world, state, { request, index })) yield { ...next, label: `${label} ${next.label}` };
  }
}

interface Place {
  request: Request;
  index: number;
}

function* handle(world: World, state: State, { request, index }: Place): Generator<Transition> {
  if (!request.isRunning) return yield* begin(world, state, { request, index });
  if (request.todo.length === 0) {
    return yield { label: 'ends', state: answer(world, state, { request, index, isDone: true }) };
  }
  for (const todo of request.todo) {
    const part = { request, index, todo };
    yield request.kind === 'insert' ? storePart(world, state, part) : repairCell(state, part);
  }
}

function* begin(world: World, state: State, { request, index }: Place): Generator<Transition> {
  const refused = { request, index, isDone: false };
  if (isRefused(world, state, request)) {
    return yield { label: 'is refused, one of its name runs', state: answer(world, state, refused) };
  }
  if (isExpired(world, state, request)) return yield { label: 'has expired', state: answer(world, state, refused) };
  yield* beginLate(world, state, { request, index });
  const { design } = world;
  if (request.kind === 'fill' && design.fillsEmptyOnly && state.rollup.some((count) => count > 0)) {
    return yield { label: 'finds the cell not empty', state: answer(world, state, refused) };
  }
  const read = request.kind === 'fill' ? state.raw : [];
  yield { label: 'begins', state: withRequest(state, index, { ...request, isRunning: true, read }) };
  // Of a sender that is gone, the connection may have been cut before all was sent.
  if (request.worker === noWorker) yield { label: 'never arrives', state: withRequest(state, index, undefined) };
}

/** A query id is unique among running queries. */
function isRefused({ design }: World, { requests }: State, request: Request): boolean {
  const isOther = (other: Request) => other.isRunning && other.range === request.range && other.kind === request.kind;
  return isNamed(design, request) && requests.some(isOther);
}

/** The time it has is less than its sender waits, and less than a partition needs to move. */
function isExpired({ design }: World, { workers }: State, { kind, worker }: Request): boolean {
  return design.repairsExpire && kind !== 'insert' && workers[worker]?.isStale !== false;
}

/** A slow server may begin a repair too late though its sender is well. A DELETE then deletes nothing and does not say so. */
function* beginLate(world: World, state: State, { request, index }: Place): Generator<Transition> {
  if (!world.design.repairsExpire || request.kind === 'insert') return;
  const isDone = request.kind === 'delete';
  yield { label: 'begins too late', state: answer(world, state, { request, index, isDone }) };
}

interface Answer extends Place {
  isDone: boolean;
}

/** The request is gone, and who waits for it, if anybody does, knows. */
function answer({ design }: World, state: State, { request, index, isDone }: Answer): State {
  const ended = withRequest(state, index, undefined);
  const worker = state.workers[request.worker];
  return worker === undefined ? ended : withWorker(ended, request.worker, onAnswer(design, worker, isDone));
}

interface Part extends Place {
  todo: Todo;
}

/** One part of an insert: refused as a repeat, or stored together with its token, under one lock. */
function storePart({ design }: World, state: State, { request, index, todo }: Part): Transition {
  const where = `${todo.table}, month ${todo.month}`;
  const token = tokenOf(design, request, todo);
  if (token !== undefined && state.tokens.includes(token)) {
    return { label: `${where}: knows the token`, state: withoutPart(state, { request, index, todo }) };
  }
  const stored = commit(state, { request, index, todo });
  return { label: `${where}: stores`, state: token === undefined ? stored : withToken(stored, token) };
}

/** What the table remembers of a part; undefined where it does not look at tokens. */
function tokenOf({ viewsDeduplicate }: Design, { token, kind }: Request, { table, month }: Todo): string | undefined {
  const looks = kind === 'insert' && token !== '' && (table === 'raw' || viewsDeduplicate);
  return looks ? `${table} ${token} ${month}` : undefined;
}

function withToken(state: State, token: string): State {
  return { ...state, tokens: [...new Set([...state.tokens, token])].sort() };
}

/** Plain MergeTree: the tokens that may be written while their parts are not, at this moment. The states differ by one token. */
export function* notedOnly({ design }: World, state: State): Generator<Transition> {
  for (const request of state.requests) {
    if (!request.isRunning) continue;
    for (const todo of request.todo) {
      const token = tokenOf(design, request, todo);
      if (token === undefined || state.tokens.includes(token)) continue;
      yield { label: `${todo.table}, month ${todo.month}`, state: withToken(state, token) };
    }
  }
}

function withoutPart(state: State, { request, index, todo }: Part): State {
  return withRequest(state, index, { ...request, todo: request.todo.filter((other) => other !== todo) });
}

/** The views are fed whether the raw table took the rows or not: they look at the token themselves, or at nothing. */
function commit(state: State, part: Part): State {
  const { table, records } = part.todo;
  return withCounts(withoutPart(state, part), table, (count, record) => count + (records.includes(record) ? 1 : 0));
}

/** A repair covers the whole cell, also what other ranges have in it. */
function repairCell(state: State, { request, index }: Part): Transition {
  const done = withRequest(state, index, { ...request, todo: [] });
  if (request.kind === 'delete') return { label: 'empties the cell', state: withCounts(done, 'rollup', () => 0) };
  const fill = (count: number, record: number) => count + (request.read[record] ?? 0);
  return { label: 'fills the cell', state: withCounts(done, 'rollup', fill) };
}

function withCounts(state: State, table: Table, change: (count: number, record: number) => number): State {
  return { ...state, [table]: state[table].map(change) };
}
