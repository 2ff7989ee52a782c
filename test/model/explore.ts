import { clickhouseActions } from './clickhouse-actions.ts';
import { faultActions } from './fault-actions.ts';
import { createInitialState, keyOf, type State } from './state.ts';
import type { Transition } from './transition.ts';
import { workerActions } from './worker-actions.ts';
import type { World } from './world.ts';

export interface Verdict {
  states: number;
  /** States in which nothing is left to do. */
  ends: number;
  badEnds: number;
  /** States from which no good end can be reached without a further fault. */
  hopeless: number;
  /** What happened on a shortest way to a bad end. Empty when there is none. */
  trace: string[];
}

/** More states than this are a mistake in the size of the world. */
const maxStates = 1_000_000;

interface Graph {
  states: State[];
  /** How each state was first reached, breadth first: so the way back is a shortest one. */
  reachedBy: { from: number; label: string }[];
  /** Predecessors by steps that are no faults. */
  before: number[][];
  ends: number[];
}

/** Visits every state of the world, breadth first. */
export function explore(world: World): Verdict {
  const graph = buildGraph(world);
  const { states, ends } = graph;
  const bad = ends.filter((index) => !isGood(states[index]));
  const good = ends.filter((index) => isGood(states[index]));
  return {
    states: states.length,
    ends: ends.length,
    badEnds: bad.length,
    hopeless: states.length - countLeadingTo(graph, good),
    trace: bad[0] === undefined ? [] : traceTo(graph, bad[0]),
  };
}

function buildGraph(world: World): Graph {
  const initial = createInitialState(world.records, world.faults);
  const graph: Graph = { states: [initial], reachedBy: [{ from: 0, label: '' }], before: [[]], ends: [] };
  const indexes = new Map<string, number>([[keyOf(initial), 0]]);
  for (let index = 0; index < graph.states.length; index++) {
    if (index > maxStates) throw new Error(`more than ${maxStates} states`);
    const state = graph.states[index] as State;
    let isEnd = true;
    for (const transition of transitions(world, state)) {
      const key = keyOf(transition.state);
      const to = indexes.get(key) ?? addState(graph, transition, index);
      indexes.set(key, to);
      if (transition.isFault === true) continue;
      isEnd = false;
      graph.before[to]?.push(index);
    }
    if (isEnd) graph.ends.push(index);
  }
  return graph;
}

function* transitions(world: World, state: State): Generator<Transition> {
  yield* workerActions(world, state);
  yield* clickhouseActions(world, state);
  yield* faultActions(world, state);
}

function addState({ states, reachedBy, before }: Graph, { state, label }: Transition, from: number): number {
  states.push(state);
  reachedBy.push({ from, label });
  before.push([]);
  return states.length - 1;
}

/** Every record once in the raw table and once in the rollup. */
function isGood(state: State | undefined): boolean {
  return state !== undefined && [...state.raw, ...state.rollup].every((count) => count === 1);
}

function countLeadingTo({ before }: Graph, targets: readonly number[]): number {
  const seen = new Set(targets);
  for (const index of seen) for (const from of before[index] ?? []) seen.add(from);
  return seen.size;
}

function traceTo({ states, reachedBy }: Graph, end: number): string[] {
  const trace = [`raw ${states[end]?.raw}, rollup ${states[end]?.rollup}`];
  for (let index = end; index !== 0; index = reachedBy[index]?.from ?? 0) trace.unshift(reachedBy[index]?.label ?? '');
  return trace;
}
