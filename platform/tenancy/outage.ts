import type { Log } from '../log.ts';
import { retryPauseMs } from './cache-limits.ts';

/** What the caches of one process know about PostgreSQL being away; shared, so that each does not find out for itself. */
export interface Outage {
  isAway(): boolean;
  /** Whether asking PostgreSQL makes sense now: not while the last attempt failed a moment ago. */
  mayTry(): boolean;
  onFailure(error: unknown): void;
  onSuccess(): void;
}

export function createOutage({ log, now }: { log: Log; now: () => number }): Outage {
  let failedAt: number | undefined;
  return {
    isAway: () => failedAt !== undefined,
    mayTry: () => failedAt === undefined || Math.abs(now() - failedAt) >= retryPauseMs,
    onFailure(error) {
      if (failedAt === undefined)
        log.warn({ err: error }, 'PostgreSQL is away; what is cached stays in force for a minute');
      failedAt = now();
    },
    onSuccess() {
      if (failedAt !== undefined) log.info('PostgreSQL is back');
      failedAt = undefined;
    },
  };
}
