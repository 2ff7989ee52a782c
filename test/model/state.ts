/** Where rows are: the raw table, and one rollup cell into which every record of the log falls. */
export type Table = 'raw' | 'rollup';

/** What a worker does next. A step that waits for an answer is named after what it waits for. */
export type Step =
  | 'free'
  | 'insert'
  | 'inserting'
  | 'check'
  | 'look'
  | 'complete'
  | 'completing'
  | 'recheck'
  | 'compare'
  | 'delete'
  | 'deleting'
  | 'fill'
  | 'filling'
  | 'advance';

/** One process that holds, or thinks it holds, the partition. */
export interface Worker {
  step: Step;
  /** The partition has moved: the log refuses its commits, ClickHouse does not know. */
  isStale: boolean;
  /** The range at hand, both inclusive; [0, -1] when there is none. */
  first: number;
  last: number;
  /** Reconcile: the records the last look did not find, and how often it has inserted since it began. */
  missing: readonly number[];
  attempt: number;
}

/** A part of a request that is not stored yet: the rows of one month in one table. */
export interface Todo {
  table: Table;
  month: number;
  records: readonly number[];
}

/** A statement on its way to ClickHouse or running there, whoever still waits for it. */
export interface Request {
  /** The waiting worker; -1: nobody. */
  worker: number;
  kind: 'insert' | 'delete' | 'fill';
  /** First offset of the range it belongs to: what `isRunning` looks for. */
  range: string;
  token: string;
  records: readonly number[];
  isRunning: boolean;
  todo: readonly Todo[];
  /** Fill: counts of raw rows as read when it began. */
  read: readonly number[];
}

/** Everything there is: one partition of the log, its workers, one ClickHouse. */
export interface State {
  committed: { offset: number /** Last offset of the planned range; -1: no plan. */; planEnd: number };
  workers: readonly (Worker | undefined)[];
  requests: readonly Request[];
  /** How often each record is stored. */
  raw: readonly number[];
  rollup: readonly number[];
  /** `table token month`, sorted. */
  tokens: readonly string[];
  faultsLeft: number;
}

export const noWorker = -1;
export const noPlan = -1;

export function createInitialState(records: number, faults: number): State {
  const zeros = Array<number>(records).fill(0);
  return {
    committed: { offset: 0, planEnd: noPlan },
    workers: [createWorker(0, noPlan), undefined],
    requests: [],
    raw: zeros,
    rollup: zeros,
    tokens: [],
    faultsLeft: faults,
  };
}

/** A worker that has just read the commit: it finishes what was planned, or is free. */
export function createWorker(offset: number, planEnd: number, afterCrash: Step = 'free'): Worker {
  const range = planEnd === noPlan ? { first: 0, last: -1 } : { first: offset, last: planEnd };
  return { step: planEnd === noPlan ? 'free' : afterCrash, isStale: false, ...range, missing: [], attempt: 0 };
}

export const rangeOf = ({ first, last }: Worker): string => `${first}-${last}`;

export function recordsOf({ first, last }: Worker): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** Equal states have equal keys. Requests have no order and workers no names. */
export function keyOf(state: State): string {
  const { committed, workers, requests, raw, rollup, tokens, faultsLeft } = state;
  const named = workers.map((worker, slot) =>
    describeSide(
      worker,
      requests.filter((request) => request.worker === slot),
    ),
  );
  const orphans = requests
    .filter(({ worker }) => worker === noWorker)
    .map(describeRequest)
    .sort();
  return `${committed.offset},${committed.planEnd}|${named.sort().join('/')}|${orphans.join(';')}|${raw}|${rollup}|${tokens}|${faultsLeft}`;
}

function describeSide(worker: Worker | undefined, requests: readonly Request[]): string {
  if (worker === undefined) return '';
  const { step, isStale, first, last, missing, attempt } = worker;
  return `${step} ${isStale ? 'stale' : ''} ${first}-${last} ${missing} ${attempt} ${requests.map(describeRequest).sort().join(';')}`;
}

function describeRequest({ kind, range, token, records, isRunning, todo, read }: Request): string {
  const parts = todo.map(({ table, month }) => `${table}${month}`);
  return `${kind} ${range} ${token} ${records} ${isRunning} ${parts} ${read}`;
}
