import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { SessionLostError } from './consumer.ts';
import { LogUnavailableError } from './log-store.ts';
import type { LogAddress } from './log-url.ts';
import {
  createMessageReader,
  KIND,
  MAX_MESSAGE_BYTES,
  type Message,
  type OutgoingMessage,
  PROTOCOL_VERSION,
  sendMessage,
} from './wire.ts';
import { fromWireError, type WireError } from './wire-errors.ts';

const CONNECT_TIMEOUT_MS = 5_000;

export interface Answer {
  head: unknown;
  body: Buffer;
}

export interface Request extends Omit<OutgoingMessage, 'id'> {
  /** The answer is waited for this long, then the request rejects with LogUnavailableError; absent: as long as the connection holds. */
  timeoutMs?: number;
}

interface Pending {
  resolve: (answer: Answer) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout | undefined;
}

/** One accepted connection to a log server, from hello to close. Requests are pipelined; they reject when the connection breaks. */
export class ClientConnection {
  readonly #socket: Socket;
  readonly #pending = new Map<number, Pending>();
  readonly #onPush: (message: Message) => void;
  #nextId = 1;
  /** Resolves when the connection has ended, for whatever reason. */
  readonly closed: Promise<void>;

  constructor(socket: Socket, onPush: (message: Message) => void) {
    this.#socket = socket;
    this.#onPush = onPush;
    const reader = createMessageReader((message) => this.#onMessage(message), MAX_MESSAGE_BYTES);
    socket.on('data', (chunk: Buffer) => reader.push(chunk));
    socket.on('error', () => socket.destroy()); // 'close' follows and tells those who wait.
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.#rejectAll();
        resolve();
      });
    });
  }

  get isOpen(): boolean {
    return this.#socket.readyState === 'open';
  }

  /** Sends the request now; `cancel` stops waiting for the answer, which is then dropped. */
  request({ timeoutMs, ...message }: Request): { id: number; answer: Promise<Answer> } {
    const id = this.#nextId;
    this.#nextId = id === 0xffffffff ? 1 : id + 1;
    const answer = new Promise<Answer>((resolve, reject) => {
      if (!this.isOpen) throw lost();
      const timer = timeoutMs === undefined ? undefined : setTimeout(() => this.#timeOut(id), timeoutMs);
      this.#pending.set(id, { resolve, reject, timer });
      sendMessage(this.#socket, { ...message, id });
    });
    return { id, answer };
  }

  close(): Promise<void> {
    this.#socket.destroySoon();
    return this.closed;
  }

  #onMessage(message: Message): void {
    const { kind, id, head, body } = message;
    if (kind === KIND.assign || kind === KIND.revoke) {
      this.#onPush(message);
      return;
    }
    const pending = this.#pending.get(id);
    if (!pending) return; // Given up meanwhile.
    this.#pending.delete(id);
    clearTimeout(pending.timer);
    if (kind === KIND.ok) pending.resolve({ head, body });
    else pending.reject(fromWireError(head as WireError));
  }

  #timeOut(id: number): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.reject(new LogUnavailableError('the log did not answer in time: the outcome is unknown'));
  }

  #rejectAll(): void {
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(lost());
    }
    this.#pending.clear();
  }
}

function lost(): SessionLostError {
  return new SessionLostError('the connection to the log was lost: the outcome is unknown');
}

/** Connects and shows the token. Rejects with LogRefusedError when the server does not accept it, with LogUnavailableError when it cannot be reached. */
export async function openConnection(
  address: LogAddress,
  onPush: (message: Message) => void,
): Promise<ClientConnection> {
  const { host, port, token } = address;
  const socket = connect({ host, port, noDelay: true });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECT_TIMEOUT_MS) });
  } catch (cause) {
    socket.destroy();
    throw new LogUnavailableError(`the log at ${host}:${port} cannot be reached`, { cause });
  }
  const connection = new ClientConnection(socket, onPush);
  const head = { token, version: PROTOCOL_VERSION };
  await connection.request({ kind: KIND.hello, head, timeoutMs: CONNECT_TIMEOUT_MS }).answer.catch((error: unknown) => {
    socket.destroy();
    throw error;
  });
  return connection;
}
