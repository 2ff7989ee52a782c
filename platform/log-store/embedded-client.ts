import { openConnection } from './client-connection.ts';
import { SessionLostError } from './consumer.ts';
import { decodeFrames, layOutFrames } from './frame.ts';
import { type Assignment, type CommittedOffset, type LogStore, LogUnavailableError } from './log-store.ts';
import { parseLogUrl } from './log-url.ts';
import { Reconnecting } from './reconnecting.ts';
import type { Fetched, FetchRequest, LogSession, MemberEvents, Membership } from './session.ts';
import { createSessionStore } from './session-store.ts';
import { KIND, type Message } from './wire.ts';

/** How long an operation waits for the connection and its answer, together. */
export const OPERATION_TIMEOUT_MS = 20_000;

/** How often a client that is a member of a group says that it is there. */
export const HEARTBEAT_MS = 3_000;

/** Bytes of unanswered appends of one client at which further ones are refused. */
export const MAX_UNANSWERED_BYTES = 128 * 1024 * 1024;

export interface EmbeddedLogOptions {
  /** `tidemark-log://<token>@127.0.0.1:<port>` */
  url: string;
  /** Default 20 s. */
  timeoutMs?: number;
}

/**
 * A client of the embedded log server. Rejects with LogRefusedError for a wrong token, with LogUnavailableError when the server
 * cannot be reached in time. Afterwards it reconnects by itself: what was under way rejects, what comes later waits, consumers join again.
 */
export async function createEmbeddedLog({
  url,
  timeoutMs = OPERATION_TIMEOUT_MS,
}: EmbeddedLogOptions): Promise<LogStore> {
  const session = new EmbeddedSession(url, timeoutMs);
  try {
    await session.ready();
  } catch (error) {
    await session.close();
    throw error;
  }
  return createSessionStore(session);
}

class EmbeddedSession implements LogSession {
  readonly #link: Reconnecting;
  readonly #timeoutMs: number;
  readonly #members = new Map<number, { events: MemberEvents; isJoined: boolean }>();
  readonly #heartbeat: NodeJS.Timeout;
  #nextMember = 1;
  #unansweredBytes = 0;

  constructor(url: string, timeoutMs: number) {
    const address = parseLogUrl(url);
    this.#timeoutMs = timeoutMs;
    this.#link = new Reconnecting(
      () => openConnection(address, (message) => this.#onPush(message)),
      () => this.#onLost(),
    );
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS);
  }

  async ready(): Promise<void> {
    await this.#link.get(this.#timeoutMs);
  }

  async append(topic: string, partition: number, values: readonly Uint8Array[]): Promise<number[]> {
    const bytes = values.reduce((sum, { length }) => sum + length, 0);
    if (this.#unansweredBytes + bytes > MAX_UNANSWERED_BYTES) {
      throw new LogUnavailableError(`more than ${MAX_UNANSWERED_BYTES} bytes wait for the log (MAX_UNANSWERED_BYTES)`);
    }
    this.#unansweredBytes += bytes;
    try {
      const first = (await this.#ask(KIND.append, { topic, partition }, layOutFrames(values))) as number;
      return values.map((_, index) => first + index);
    } finally {
      this.#unansweredBytes -= bytes;
    }
  }

  async fetch(request: FetchRequest, signal: AbortSignal): Promise<Fetched> {
    const nothing: Fetched = { records: [], next: request.from };
    const connection = this.#link.connection;
    if (!connection) throw new SessionLostError('the connection to the log was lost');
    const { id, answer } = connection.request({ kind: KIND.fetch, head: request });
    const aborted = Promise.withResolvers<Fetched>();
    const cancel = () => {
      aborted.resolve(nothing);
      if (connection.isOpen) void connection.request({ kind: KIND.cancel, head: { id } }).answer.catch(ignoreLost);
    };
    signal.addEventListener('abort', cancel, { once: true });
    const fetched = answer.then(({ head, body }) => ({ records: decodeFrames(body), next: (head as Fetched).next }));
    try {
      return await Promise.race([fetched, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }

  async committed(group: string, topic: string, partition: number): Promise<CommittedOffset | undefined> {
    return ((await this.#ask(KIND.committed, { group, topic, partition })) as CommittedOffset | null) ?? undefined;
  }

  async bounds(topic: string, partition: number): Promise<{ first: number; next: number }> {
    return (await this.#ask(KIND.bounds, { topic, partition })) as { first: number; next: number };
  }

  async join(group: string, topics: readonly string[], events: MemberEvents): Promise<Membership> {
    const connection = await this.#link.get(this.#timeoutMs);
    const member = this.#nextMember++;
    const entry = { events, isJoined: false };
    this.#members.set(member, entry);
    const tell = async (kind: number, head: object): Promise<void> => {
      await connection.request({ kind, head: { member, ...head }, timeoutMs: this.#timeoutMs }).answer;
    };
    try {
      await tell(KIND.join, { group, topics });
      entry.isJoined = true;
    } catch (error) {
      this.#members.delete(member);
      throw error;
    }
    return {
      commit: (topic, partition, commit) => tell(KIND.commit, { topic, partition, ...commit }),
      release: (topic, partition, epoch) => void tell(KIND.release, { topic, partition, epoch }).catch(ignoreLost),
      leave: async () => {
        this.#members.delete(member);
        await tell(KIND.leave, {});
      },
    };
  }

  async close(): Promise<void> {
    clearInterval(this.#heartbeat);
    this.#members.clear();
    await this.#link.close();
  }

  #beat(): void {
    const connection = this.#link.connection;
    if (this.#members.size === 0 || !connection?.isOpen) return;
    void connection.request({ kind: KIND.heartbeat }).answer.catch(ignoreLost);
  }

  /** Sends at once while the connection is open, so that requests keep the order they were made in. */
  async #ask(kind: number, head: object, body: readonly Uint8Array[] = []): Promise<unknown> {
    const startedAt = performance.now();
    const open = this.#link.connection;
    const connection = open?.isOpen ? open : await this.#link.get(this.#timeoutMs);
    const timeoutMs = Math.max(1, this.#timeoutMs - (performance.now() - startedAt));
    const { answer } = connection.request({ kind, head, body, timeoutMs });
    return (await answer).head;
  }

  #onPush({ kind, head }: Message): void {
    const push = head as { member: number; topic: string; partition: number; epoch: number; assignment: Assignment };
    const events = this.#members.get(push.member)?.events;
    if (kind === KIND.assign) events?.onAssign(push.assignment);
    else events?.onRevoke(push.topic, push.partition, push.epoch);
  }

  #onLost(): void {
    const members = [...this.#members.values()];
    this.#members.clear();
    for (const { events, isJoined } of members) if (isJoined) events.onLost();
  }
}

/** What ends with the connection anyway needs no answer when it broke. */
function ignoreLost(error: unknown): void {
  if (!(error instanceof LogUnavailableError)) throw error;
}
