import type { Assignment, LogBatch } from './log-store.ts';
import type { Fetched, FetchRequest, LogSession } from './session.ts';

/** Lets work through while it is open. */
export interface Gate {
  pause(): void;
  resume(): void;
  /** Resolves at once while open, else on `resume` or when the signal aborts. */
  passed(signal: AbortSignal): Promise<void>;
}

export interface PartitionRunOptions {
  session: Pick<LogSession, 'fetch'>;
  assignment: Assignment;
  from: number;
  limits: Pick<FetchRequest, 'minBytes' | 'maxBytes' | 'maxWaitMs'>;
  gate: Gate;
  signal: AbortSignal;
  onBatch: (batch: LogBatch) => Promise<void>;
}

/**
 * Reads one partition and calls the handler batch by batch until the signal aborts; one batch is read ahead while the
 * handler runs. Rejects when the handler or a read does.
 */
export async function runPartition(options: PartitionRunOptions): Promise<void> {
  const { session, assignment, limits, gate, signal, onBatch } = options;
  const { topic, partition, epoch } = assignment;
  const fetchAhead = (from: number): Promise<Fetched> => {
    const fetched = session.fetch({ topic, partition, from, ...limits }, signal);
    fetched.catch(() => undefined); // Awaited below; this only keeps a failure during the handler from being "unhandled".
    return fetched;
  };

  let ahead = fetchAhead(options.from);
  let position = options.from;
  while (!signal.aborted) {
    const { records, next } = await ahead;
    const last = records.at(-1);
    if (last) {
      await gate.passed(signal);
      if (signal.aborted) return;
      position = last.offset + 1;
      ahead = fetchAhead(position);
      await onBatch({ topic, partition, epoch, records, next });
    } else {
      ahead = fetchAhead(position);
    }
  }
}

/** An open gate. */
export function createGate(): Gate {
  let isOpen = true;
  let open = Promise.withResolvers<void>();
  return {
    pause() {
      if (!isOpen) return;
      isOpen = false;
      open = Promise.withResolvers();
    },
    resume() {
      isOpen = true;
      open.resolve();
    },
    async passed(signal) {
      if (isOpen) return;
      const aborted = Promise.withResolvers<void>();
      signal.addEventListener('abort', () => aborted.resolve(), { once: true });
      while (!isOpen && !signal.aborted) await Promise.race([open.promise, aborted.promise]);
    },
  };
}
