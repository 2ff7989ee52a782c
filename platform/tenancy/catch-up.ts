import { randomUUID } from 'node:crypto';
import { controlChannel, countListeners, notify, type Sql } from '../postgres.ts';

export interface CatchUp {
  /** Resolves when every notification of changes committed before the call has been handled here; after a second at the latest. */
  caughtUp(): Promise<void>;
  /** The same for every process that listens. */
  propagated(): Promise<void>;
  /** To be called with each notification that is about catching up. */
  onMessage(message: CatchUpMessage): void;
}

/** `mark` comes back to its sender, `call` asks every listener for an `ack`. */
export interface CatchUpMessage {
  kind: 'mark' | 'call' | 'ack';
  id: string;
}

/** By then even an entry that no notification reached has been read again. */
const deadlineMs = 1_000;

/**
 * Notifications arrive in the order of their commits, so one that was sent now and has arrived proves that those of earlier commits have.
 * While PostgreSQL is away nothing is committed, and both functions return at once.
 */
export function createCatchUp(sql: Sql): CatchUp {
  const awaited = new Map<string, () => void>();
  const send = (message: CatchUpMessage) => notify(sql, controlChannel, JSON.stringify(message));

  const ask = async (kind: 'mark' | 'call', answers: number): Promise<void> => {
    const id = randomUUID();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, deadlineMs);
    let missing = answers;
    awaited.set(id, () => {
      missing--;
      if (missing <= 0) resolve();
    });
    send({ kind, id }).catch(() => resolve());
    await promise;
    clearTimeout(timer);
    awaited.delete(id);
  };
  return {
    caughtUp: shared(() => ask('mark', 1)),
    propagated: shared(async () => ask('call', await countListeners(sql).catch(() => 0))),
    onMessage({ kind, id }) {
      if (kind === 'call') send({ kind: 'ack', id }).catch(ignore);
      else awaited.get(id)?.();
    },
  };
}

/** Calls during a round trip share the next one: what they wait for may have happened behind the one under way. */
function shared(roundTrip: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const start = (): Promise<void> => {
    next = undefined;
    running = roundTrip().finally(() => {
      if (next === undefined) running = undefined;
    });
    return running;
  };
  return () => {
    if (running === undefined) return start();
    next ??= running.then(start);
    return next;
  };
}

// Who asked waits a second at most; by then what is cached here has been read again.
function ignore(): void {}
