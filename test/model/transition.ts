import { noWorker, type Request, type State, type Step, type Worker } from './state.ts';

/** One thing that may happen next. */
export interface Transition {
  /** For the trace. */
  label: string;
  state: State;
  isFault?: boolean;
}

export function withWorker(state: State, slot: number, change: Partial<Worker> | undefined): State {
  const replace = (worker: Worker | undefined): Worker | undefined =>
    change === undefined || worker === undefined ? undefined : { ...worker, ...change };
  return { ...state, workers: state.workers.map((worker, at) => (at === slot ? replace(worker) : worker)) };
}

/** The request at that index changed, or gone. */
export function withRequest(state: State, index: number, request: Request | undefined): State {
  const requests = state.requests.flatMap((other, at) =>
    at !== index ? [other] : request === undefined ? [] : [request],
  );
  return { ...state, requests };
}

/** Sends a statement and waits for its answer. */
export function send(state: State, request: Request, waiting: Step): State {
  return withWorker({ ...state, requests: [...state.requests, request] }, request.worker, { step: waiting });
}

/** The worker no longer waits; what it sent goes on. */
export function forget(state: State, slot: number): State {
  const requests = state.requests.map((request) =>
    request.worker === slot ? { ...request, worker: noWorker } : request,
  );
  return { ...state, requests };
}

export function nameOf(slot: number, worker: Worker | undefined): string {
  return `${worker?.isStale === true ? 'zombie' : 'worker'} ${slot === 0 ? 'A' : 'B'}`;
}
