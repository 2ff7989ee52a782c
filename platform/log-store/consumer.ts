import {
  type Assignment,
  type ConsumeOptions,
  type LogConsumer,
  LogUnavailableError,
  StaleEpochError,
} from './log-store.ts';
import { partitionKey } from './offset-store.ts';
import { createGate, type Gate, runPartition } from './partition-run.ts';
import type { LogSession, Membership } from './session.ts';

const DEFAULT_MAX_BATCH_BYTES = 8 * 1024 * 1024;
const DEFAULT_MAX_WAIT_MS = 500;

/** The connection to the log broke. A session answers with it what was in flight; a consumer joins again. */
export class SessionLostError extends LogUnavailableError {
  override name = 'SessionLostError';
}

/** Work on one assignment, from `onAssign` to `onRevoke`. */
interface Slot {
  assignment: Assignment;
  gate: Gate;
  abort: AbortController;
  ended: Promise<void>;
}

/** Joins the group over the session and runs its partitions. Rejects when the group cannot be joined. */
export async function startConsumer(session: LogSession, options: ConsumeOptions): Promise<LogConsumer> {
  const consumer = new Consumer(session, options);
  await consumer.join();
  return consumer;
}

class Consumer implements LogConsumer {
  readonly #session: LogSession;
  readonly #options: ConsumeOptions;
  readonly #slots = new Map<string, Slot>();
  readonly #end = Promise.withResolvers<void>();
  #membership: Membership | undefined;
  #isEnding = false;
  readonly done = this.#end.promise;

  constructor(session: LogSession, options: ConsumeOptions) {
    this.#session = session;
    this.#options = options;
    this.done.catch(() => undefined); // Whoever awaits `done` sees it; a consumer that is only stopped must not crash the process.
  }

  async join(): Promise<void> {
    const { group, topics } = this.#options;
    const membership = await this.#session.join(group, topics, {
      onAssign: (assignment) => this.#onAssign(assignment),
      onRevoke: (topic, partition, epoch) => void this.#onRevoke(topic, partition, epoch),
      onLost: () => void this.#onLost(),
      onFailed: (error) => void this.#fail(error),
    });
    if (this.#isEnding) await membership.leave();
    else this.#membership = membership;
  }

  async commit(topic: string, partition: number, commit: Parameters<LogConsumer['commit']>[2]): Promise<void> {
    if (!this.#membership) throw new StaleEpochError(`the connection to the log was lost since epoch ${commit.epoch}`);
    await this.#membership.commit(topic, partition, commit);
  }

  pause(topic: string, partition: number): void {
    this.#slots.get(partitionKey(topic, partition))?.gate.pause();
  }

  resume(topic: string, partition: number): void {
    this.#slots.get(partitionKey(topic, partition))?.gate.resume();
  }

  async stop(): Promise<void> {
    await this.#finish();
    this.#end.resolve();
  }

  #onAssign(assignment: Assignment): void {
    if (this.#isEnding) return;
    const key = partitionKey(assignment.topic, assignment.partition);
    const previous = this.#slots.get(key)?.ended;
    const slot: Slot = { assignment, gate: createGate(), abort: new AbortController(), ended: Promise.resolve() };
    this.#slots.set(key, slot);
    slot.ended = this.#work(slot, previous).catch((error: unknown) => this.#onFailure(slot, error));
  }

  async #work({ assignment, gate, abort: { signal } }: Slot, previous: Promise<void> | undefined): Promise<void> {
    await previous;
    if (signal.aborted) return;
    const { onAssign, onBatch, onRevoke, maxBatchBytes, minBatchBytes, maxWaitMs } = this.#options;
    const from = (await onAssign?.(assignment)) ?? assignment.committed?.offset ?? 0;
    const limits = {
      maxBytes: maxBatchBytes ?? DEFAULT_MAX_BATCH_BYTES,
      minBytes: minBatchBytes ?? 1,
      maxWaitMs: maxWaitMs ?? DEFAULT_MAX_WAIT_MS,
    };
    const run = runPartition({ session: this.#session, assignment, from, limits, gate, signal, onBatch });
    await run.catch((error: unknown) => {
      if (!isEndOfAssignment(error, signal)) throw error;
    });
    if (!this.#isEnding) await onRevoke?.(assignment.topic, assignment.partition);
  }

  async #onRevoke(topic: string, partition: number, epoch: number): Promise<void> {
    const membership = this.#membership;
    const slot = this.#slots.get(partitionKey(topic, partition));
    slot?.abort.abort();
    await slot?.ended;
    membership?.release(topic, partition, epoch);
  }

  async #onLost(): Promise<void> {
    this.#membership = undefined;
    for (const slot of this.#slots.values()) slot.abort.abort();
    while (!this.#isEnding && !this.#membership) {
      try {
        await this.join();
      } catch (error) {
        if (!(error instanceof LogUnavailableError)) return this.#fail(error);
      }
    }
  }

  async #onFailure(slot: Slot, error: unknown): Promise<void> {
    slot.ended = Promise.resolve(); // It has failed: `#finish` must not wait for itself.
    await this.#fail(error);
  }

  async #fail(error: unknown): Promise<void> {
    this.#end.reject(error);
    await this.#finish();
  }

  /** Lets running handlers end, then leaves the group. */
  async #finish(): Promise<void> {
    this.#isEnding = true;
    for (const slot of this.#slots.values()) slot.abort.abort();
    await Promise.all([...this.#slots.values()].map((slot) => slot.ended));
    const membership = this.#membership;
    this.#membership = undefined;
    await membership?.leave().catch((error: unknown) => {
      if (!(error instanceof LogUnavailableError)) throw error; // Without a connection the membership is gone anyway.
    });
  }
}

/** A commit that came too late, or a broken connection, ends an assignment that was taken away: that is no failure. */
function isEndOfAssignment(error: unknown, signal: AbortSignal): boolean {
  return error instanceof SessionLostError || (signal.aborted && error instanceof StaleEpochError);
}
