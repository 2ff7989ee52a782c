import { Counter, Gauge, type Registry } from 'prom-client';
import type { Log } from '../log.ts';

/** Pause before a store that was away is asked again. */
export const STORE_RETRY_PAUSE_MS = 1_000;

export interface LimitMetrics {
  storeAway: Gauge;
  countedAlone: Counter;
}

export function createLimitMetrics(registry: Registry): LimitMetrics {
  const registers = [registry];
  return {
    storeAway: new Gauge({
      name: 'tidemark_rate_limit_store_away',
      help: 'Whether the store of the request limits is away: 1 while this process counts requests alone.',
      registers,
    }),
    countedAlone: new Counter({
      name: 'tidemark_rate_limit_unshared_requests_total',
      help: 'Requests that were counted by this process alone, because the store of the request limits was away.',
      registers,
    }),
  };
}

/** Whether the store of the budgets can be asked. Says aloud, once each time, that it went away and that it is back. */
export interface StoreState {
  /** While it is away, true once in each pause: for the one request that finds out. */
  mayAsk(nowMs: number): boolean;
  onFailure(error: unknown, nowMs: number): void;
  onAnswer(): void;
  onCountedAlone(): void;
}

export function createStoreState(log: Log, metrics?: LimitMetrics): StoreState {
  let failedAtMs: number | undefined;
  return {
    mayAsk(nowMs) {
      if (failedAtMs === undefined) return true;
      if (Math.abs(nowMs - failedAtMs) < STORE_RETRY_PAUSE_MS) return false;
      failedAtMs = nowMs;
      return true;
    },
    onFailure(error, nowMs) {
      if (failedAtMs === undefined)
        log.error({ err: error }, 'the store of the request limits is away: every process counts requests alone');
      failedAtMs = nowMs;
      metrics?.storeAway.set(1);
    },
    onAnswer() {
      if (failedAtMs !== undefined) log.info('the store of the request limits is back');
      failedAtMs = undefined;
      metrics?.storeAway.set(0);
    },
    onCountedAlone: () => metrics?.countedAlone.inc(),
  };
}
