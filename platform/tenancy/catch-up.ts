import { randomUUID } from 'node:crypto';
import { controlChannel, notify, type Sql } from '../postgres.ts';

export interface CatchUp {
  /** Resolves when every notification of changes committed before the call has been handled here; after a second at the latest. */
  caughtUp(): Promise<void>;
  /** To be called with the id of each `mark` that arrives. */
  onMark(id: string): void;
}

/** By then even an entry that no notification reached has been read again. */
const markDeadlineMs = 1_000;

/**
 * Notifications arrive in the order of their commits, so a mark that was sent now and has come back proves that those of earlier commits
 * are here. Calls during a round trip share the next one.
 */
export function createCatchUp(sql: Sql): CatchUp {
  const awaited = new Map<string, () => void>();
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  const roundTrip = async (): Promise<void> => {
    const id = randomUUID();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, markDeadlineMs);
    awaited.set(id, resolve);
    // While PostgreSQL is away nothing is committed either.
    notify(sql, controlChannel, JSON.stringify({ kind: 'mark', id })).catch(() => resolve());
    await promise;
    clearTimeout(timer);
    awaited.delete(id);
  };
  const start = (): Promise<void> => {
    next = undefined;
    running = roundTrip().finally(() => {
      if (next === undefined) running = undefined;
    });
    return running;
  };
  return {
    caughtUp() {
      if (running === undefined) return start();
      next ??= running.then(start);
      return next;
    },
    onMark(id) {
      awaited.get(id)?.();
    },
  };
}
