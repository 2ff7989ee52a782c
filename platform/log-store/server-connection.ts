import { createHash, timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Broker } from './broker.ts';
import { countFrames } from './frame.ts';
import type { CommittedOffset } from './log-store.ts';
import type { FetchRequest, Membership } from './session.ts';
import {
  createMessageReader,
  KIND,
  MAX_HELLO_BYTES,
  MAX_MESSAGE_BYTES,
  type Message,
  PROTOCOL_VERSION,
  sendMessage,
} from './wire.ts';
import { LogRefusedError, toWireError } from './wire-errors.ts';

/** Bytes of unanswered appends at which a connection is no longer read from. */
export const MAX_QUEUED_BYTES = 64 * 1024 * 1024;

/** Looks in the time of a session, so that a server that stood still itself (which delays all looks) drops nobody for it. */
const LOOKS_A_SESSION = 6;

/** Largest answer to one fetch. */
const MAX_FETCH_BYTES = 32 * 1024 * 1024;

export interface ConnectionOptions {
  socket: Socket;
  broker: Broker;
  token: string;
  /** How long a client may take to show the token. */
  helloTimeoutMs: number;
  /** How long a client with members may say nothing before they are out. */
  sessionTimeoutMs: number;
}

interface PartitionHead {
  topic: string;
  partition: number;
}

/** One client: answers its requests and is one or several members of groups, which leave when the connection ends. */
export class ServerConnection {
  readonly #options: ConnectionOptions;
  readonly #reader = createMessageReader((message) => this.#onMessage(message), MAX_HELLO_BYTES);
  readonly #members = new Map<number, Membership>();
  readonly #fetches = new Map<number, AbortController>();
  readonly #running = new Set<Promise<void>>();
  readonly #helloTimer: NodeJS.Timeout;
  readonly #lookTimer: NodeJS.Timeout;
  #silentLooks = 0;
  #queuedBytes = 0;
  #isTrusted = false;
  #isDraining = false;
  readonly closed: Promise<void>;

  constructor(options: ConnectionOptions) {
    const { socket, helloTimeoutMs, sessionTimeoutMs } = options;
    this.#options = options;
    this.#helloTimer = setTimeout(() => socket.destroy(), helloTimeoutMs);
    this.#lookTimer = setInterval(() => this.#look(), sessionTimeoutMs / LOOKS_A_SESSION);
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('error', () => socket.destroy()); // The client is gone; 'close' follows.
    this.closed = new Promise((resolve) => {
      socket.once('close', () => resolve(this.#onClose()));
    });
  }

  /** Takes no more requests, answers those that are being worked on, and ends the connection. */
  async drain(): Promise<void> {
    const { socket } = this.#options;
    this.#isDraining = true;
    socket.pause();
    for (const fetch of this.#fetches.values()) fetch.abort();
    await Promise.all(this.#running);
    socket.end(() => socket.destroy());
    await this.closed;
  }

  /** Ends the connection of a process that stands still: its partitions go to others, and it joins again when it goes on. */
  #look(): void {
    const mayBeHeard = this.#members.size > 0 && !this.#options.socket.isPaused();
    this.#silentLooks = mayBeHeard ? this.#silentLooks + 1 : 0;
    if (this.#silentLooks > LOOKS_A_SESSION) this.#options.socket.destroy();
  }

  #onData(chunk: Buffer): void {
    this.#silentLooks = 0;
    try {
      this.#reader.push(chunk);
    } catch (error) {
      this.#refuse(0, error);
    }
  }

  #onMessage(message: Message): void {
    if (!this.#isTrusted) {
      this.#hello(message);
      return;
    }
    const work = this.#answer(message).finally(() => this.#running.delete(work));
    this.#running.add(work);
  }

  #hello({ kind, id, head }: Message): void {
    const refusal = kind === KIND.hello ? refusalOf(head, this.#options.token) : 'the first message is not a hello';
    if (refusal) {
      this.#refuse(id, new LogRefusedError(`the log server refused the connection: ${refusal}`));
      return;
    }
    clearTimeout(this.#helloTimer);
    this.#isTrusted = true;
    this.#reader.maxBytes = MAX_MESSAGE_BYTES;
    sendMessage(this.#options.socket, { kind: KIND.ok, id });
  }

  #refuse(id: number, error: unknown): void {
    const { socket } = this.#options;
    sendMessage(socket, { kind: KIND.failed, id, head: toWireError(error) });
    process.nextTick(() => socket.destroySoon());
  }

  async #answer(message: Message): Promise<void> {
    const { socket } = this.#options;
    const { id } = message;
    try {
      const { head, body } = await this.#handle(message);
      if (!socket.destroyed) sendMessage(socket, { kind: KIND.ok, id, head, body: body ?? [] });
    } catch (error) {
      if (!socket.destroyed) sendMessage(socket, { kind: KIND.failed, id, head: toWireError(error) });
    }
  }

  async #handle(message: Message): Promise<{ head?: unknown; body?: Buffer[] }> {
    const { broker } = this.#options;
    switch (message.kind) {
      case KIND.append:
        return { head: await this.#append(message) };
      case KIND.fetch:
        return this.#fetch(message);
      case KIND.cancel:
        this.#fetches.get((message.head as { id: number }).id)?.abort();
        return {};
      case KIND.committed: {
        const { group, topic, partition } = message.head as PartitionHead & { group: string };
        return { head: broker.committed(group, topic, partition) };
      }
      case KIND.bounds: {
        const { topic, partition } = message.head as PartitionHead;
        return { head: broker.bounds(topic, partition) };
      }
      case KIND.heartbeat:
        return {};
      default:
        return { head: await this.#handleMember(message) };
    }
  }

  async #handleMember({ kind, head }: Message): Promise<void> {
    const { member } = head as { member: number };
    const membership = this.#members.get(member);
    if (kind === KIND.join) return this.#join(head as { member: number; group: string; topics: string[] });
    if (!membership) throw new RangeError(`this connection has no member ${member}`);
    const { topic, partition } = head as PartitionHead;
    if (kind === KIND.commit) {
      return membership.commit(topic, partition, head as CommittedOffset & { epoch: number });
    }
    if (kind === KIND.release) return membership.release(topic, partition, (head as { epoch: number }).epoch);
    if (kind !== KIND.leave) throw new RangeError(`a message of kind ${kind} is unknown`);
    this.#members.delete(member);
    await membership.leave();
  }

  async #append({ head, body }: Message): Promise<number> {
    const { topic, partition } = head as PartitionHead;
    const count = countFrames(body);
    if (count === undefined) throw new RangeError('the records of an append are not framed correctly');
    this.#addQueued(body.length);
    try {
      return await this.#options.broker.append(topic, partition, { frames: body, count });
    } finally {
      this.#addQueued(-body.length);
    }
  }

  #addQueued(bytes: number): void {
    const { socket } = this.#options;
    this.#queuedBytes += bytes;
    if (bytes > 0 && this.#queuedBytes > MAX_QUEUED_BYTES) socket.pause();
    if (this.#queuedBytes <= MAX_QUEUED_BYTES && socket.isPaused() && !this.#isDraining) socket.resume();
  }

  async #fetch({ id, head }: Message): Promise<{ head: { next: number }; body: Buffer[] }> {
    const request = head as FetchRequest;
    const abort = new AbortController();
    this.#fetches.set(id, abort);
    try {
      const maxBytes = Math.min(request.maxBytes, MAX_FETCH_BYTES);
      const run = await this.#options.broker.fetch({ ...request, maxBytes }, abort.signal);
      return { head: { next: run.next }, body: run.chunks };
    } finally {
      this.#fetches.delete(id);
    }
  }

  #join({ member, group, topics }: { member: number; group: string; topics: string[] }): void {
    const { socket, broker } = this.#options;
    const push = (kind: number, head: unknown) => {
      if (!socket.destroyed) sendMessage(socket, { kind, id: 0, head });
    };
    const membership = broker.join(group, topics, {
      onAssign: (assignment) => push(KIND.assign, { member, assignment }),
      onRevoke: (topic, partition, epoch) => push(KIND.revoke, { member, topic, partition, epoch }),
    });
    this.#members.set(member, membership);
  }

  #onClose(): void {
    clearTimeout(this.#helloTimer);
    clearInterval(this.#lookTimer);
    for (const fetch of this.#fetches.values()) fetch.abort();
    for (const membership of this.#members.values()) void membership.leave();
    this.#members.clear();
  }
}

function refusalOf(head: unknown, expected: string): string | undefined {
  const { token, version } = head as { token?: unknown; version?: unknown };
  if (typeof token !== 'string' || !isSame(token, expected)) return 'wrong token';
  if (version !== PROTOCOL_VERSION) return `it speaks version ${PROTOCOL_VERSION}, the client ${version}`;
  return undefined;
}

function isSame(shown: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(shown), digest(expected));
}
