import type { Log } from '../log.ts';
import { createListener, type Listener, type Sql } from '../postgres.ts';
import { confirmedForMs } from './cache-limits.ts';

export interface ControlChannelOptions {
  sql: Sql;
  log: Log;
  now: () => number;
  /** Called with the payload of each notification. */
  onMessage(payload: string): void;
}

export interface ControlChannel {
  /** Number of the present uninterrupted subscription; undefined while notifications may be missing or late. */
  epoch(): number | undefined;
  close(): Promise<void>;
}

const beatIntervalMs = 250;
const beatDeadlineMs = 5_000;

/**
 * Subscribes to the changes of the control plane. A beat four times a second over the same connection proves that nothing is missing, so
 * even a connection that is dead without having said so is noticed in time. Rejects when PostgreSQL is away at the start; later
 * it reconnects by itself.
 */
export async function openControlChannel(options: ControlChannelOptions): Promise<ControlChannel> {
  const subscription = new Subscription(options);
  try {
    await subscription.beat();
  } catch (error) {
    await subscription.close();
    throw error;
  }
  subscription.keepBeating();
  return { epoch: () => subscription.epoch(), close: () => subscription.close() };
}

class Subscription {
  #options: ControlChannelOptions;
  #listener: Listener;
  #epoch = 0;
  #isSubscribed = false;
  #confirmedAt = Number.NEGATIVE_INFINITY;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ControlChannelOptions) {
    this.#options = options;
    this.#listener = this.#listen();
  }

  epoch(): number | undefined {
    const ageMs = this.#options.now() - this.#confirmedAt;
    return this.#isSubscribed && ageMs >= 0 && ageMs <= confirmedForMs ? this.#epoch : undefined;
  }

  async beat(): Promise<void> {
    const sentAt = this.#options.now();
    await withinDeadline(this.#listener.beat());
    // What was read between the loss and now is not covered: notifications may have gone by.
    if (!this.#isSubscribed) this.#epoch++;
    this.#isSubscribed = true;
    this.#confirmedAt = sentAt;
  }

  keepBeating(): void {
    this.#timer = setTimeout(async () => {
      await this.beat().catch((error: unknown) => this.#onMissedBeat(error));
      if (!this.#isClosed) this.keepBeating();
    }, beatIntervalMs).unref();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#listener.close();
  }

  async #onMissedBeat(error: unknown): Promise<void> {
    if (this.#isClosed) return;
    this.#onLost(error);
    if (!(error instanceof BeatDeadlineError)) return;
    // A connection that swallows everything never breaks by itself.
    const silent = this.#listener;
    this.#listener = this.#listen();
    await silent.close();
  }

  #listen(): Listener {
    return createListener(this.#options.sql, {
      onMessage: this.#options.onMessage,
      onLost: () => this.#onLost(),
    });
  }

  #onLost(error?: unknown): void {
    if (this.#isSubscribed && !this.#isClosed)
      this.#options.log.warn(
        { err: error },
        'lost the notifications of PostgreSQL; caches live shorter until they are back',
      );
    this.#isSubscribed = false;
  }
}

class BeatDeadlineError extends Error {
  override name = 'BeatDeadlineError';
}

function withinDeadline(beat: Promise<void>): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new BeatDeadlineError('no beat from PostgreSQL')), beatDeadlineMs);
  beat.then(resolve, reject).finally(() => clearTimeout(timer));
  return promise;
}
