import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { ClientConnection } from './client-connection.ts';
import { LogUnavailableError } from './log-store.ts';
import { LogRefusedError } from './wire-errors.ts';

const FIRST_PAUSE_MS = 20;
const MAX_PAUSE_MS = 1_000;

/** Keeps one connection open until `close`, with growing pauses between attempts. */
export class Reconnecting {
  readonly #open: () => Promise<ClientConnection>;
  readonly #stopping = new AbortController();
  #current = Promise.withResolvers<ClientConnection>();
  /** Set while a connection is believed to be open: using it needs no turn of the event loop. */
  connection: ClientConnection | undefined;
  readonly #loop: Promise<void>;

  constructor(open: () => Promise<ClientConnection>, onLost: () => void) {
    this.#open = open;
    this.#loop = this.#run(onLost);
  }

  /**
   * The connection, as soon as there is one. Rejects with LogUnavailableError when that takes longer than `timeoutMs`, with
   * LogRefusedError when the server does not accept us.
   */
  async get(timeoutMs: number): Promise<ClientConnection> {
    if (this.connection?.isOpen) return this.connection;
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new LogUnavailableError(`no connection to the log within ${timeoutMs} ms`)),
      timeoutMs,
    );
    try {
      for (;;) {
        const connection = await Promise.race([this.#current.promise, late.promise]);
        if (connection.isOpen) return connection;
        await Promise.race([connection.closed, late.promise]);
        await nextTurn(); // Lets the loop below notice it.
      }
    } finally {
      clearTimeout(timer);
    }
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await this.connection?.close();
    await this.#loop;
  }

  async #run(onLost: () => void): Promise<void> {
    const { signal } = this.#stopping;
    this.#current.promise.catch(() => undefined); // Seen by whoever calls `get`.
    while (!signal.aborted) {
      const connection = await this.#connect(signal);
      if (!connection) break;
      this.connection = connection;
      this.#current.resolve(connection);
      await connection.closed;
      this.connection = undefined;
      this.#current = Promise.withResolvers();
      this.#current.promise.catch(() => undefined);
      onLost();
      await delay(FIRST_PAUSE_MS, undefined, { signal }).catch(() => undefined);
    }
    this.#current.reject(new LogUnavailableError('the log client is closed'));
  }

  /** Undefined when there is no point in going on. */
  async #connect(signal: AbortSignal): Promise<ClientConnection | undefined> {
    for (let pauseMs = FIRST_PAUSE_MS; !signal.aborted; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
      try {
        const connection = await this.#open();
        if (!signal.aborted) return connection;
        await connection.close();
      } catch (error) {
        if (error instanceof LogRefusedError) {
          this.#current.reject(error);
          return undefined;
        }
        if (!(error instanceof LogUnavailableError)) throw error;
        await delay(pauseMs, undefined, { signal }).catch(() => undefined);
      }
    }
    return undefined;
  }
}
