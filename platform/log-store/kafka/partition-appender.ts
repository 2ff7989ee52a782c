import { MAX_VALUE_BYTES } from '../frame.ts';
import { createKafkaProducer, type KafkaConnection } from '../kafka.ts';
import { LogUnavailableError } from '../log-store.ts';
import { withDeadline } from './deadline.ts';

/** Most bytes of one send, which is one record batch: room for the largest value, or for what arrived meanwhile. */
export const MAX_SEND_BYTES = MAX_VALUE_BYTES + 64 * 1024;
const MAX_SEND_VALUES = 4_096;

/** What a record costs in a batch beside its value, at most. */
export const RECORD_OVERHEAD_BYTES = 32;

/** Largest record batch a topic must accept. */
export const MAX_BATCH_BYTES = MAX_SEND_BYTES + 1024;

/** A send without answer for this long breaks its connections, so that kafkajs looks for the leader again with the same sequence. */
const STALL_MS = 4_000;

export interface AppenderOptions {
  connection: KafkaConnection;
  topic: string;
  partition: number;
  /** How long an append may take, waiting included. */
  timeoutMs: number;
}

/** Values that are stored together, in one record batch. */
interface Piece {
  values: Buffer[];
  bytes: number;
  expiresAt: number;
  append: { isFailed: boolean };
  first: PromiseWithResolvers<number>;
}

/** Appends to one partition with a producer of its own: one send in flight, what arrives meanwhile goes into the next. */
export class PartitionAppender {
  readonly #options: AppenderOptions;
  readonly #waiting: Piece[] = [];
  readonly #closed = Promise.withResolvers<never>();
  #sender: Sender | undefined;
  #isSending = false;
  #isClosed = false;

  constructor(options: AppenderOptions) {
    this.#options = options;
    this.#closed.promise.catch(() => undefined); // Only a send under way is told.
  }

  /** Offsets of the values, once all replicas in sync have them. */
  async append(values: readonly Uint8Array[]): Promise<number[]> {
    if (this.#isClosed) throw new LogUnavailableError('the log client is closed');
    const expiresAt = performance.now() + this.#options.timeoutMs;
    const append = { isFailed: false };
    const pieces = splitValues(values).map((piece) => ({
      ...piece,
      expiresAt,
      append,
      first: Promise.withResolvers<number>(),
    }));
    this.#waiting.push(...pieces);
    if (!this.#isSending) void this.#drain();
    const firsts = await Promise.all(pieces.map(({ first }) => first.promise));
    return pieces.flatMap((piece, index) => piece.values.map((_, position) => (firsts[index] ?? 0) + position));
  }

  /** Gives up what is not acknowledged. */
  close(): void {
    this.#closed.reject(new LogUnavailableError('the log client is closed'));
    this.#isClosed = true;
    this.#discard();
  }

  async #drain(): Promise<void> {
    this.#isSending = true;
    for (let pieces = takeSend(this.#waiting); pieces.length > 0; pieces = takeSend(this.#waiting)) {
      try {
        let next = await this.#send(pieces);
        for (const { first, values } of pieces) {
          first.resolve(next);
          next += values.length;
        }
      } catch (error) {
        this.#discard();
        for (const { first, append } of pieces) {
          append.isFailed = true;
          first.reject(toUnavailable(error, this.#options));
        }
      }
    }
    this.#isSending = false;
  }

  /** Offset of the first value. Any failure leaves the producer's sequence in doubt, so the caller discards it. */
  async #send(pieces: readonly Piece[]): Promise<number> {
    const { topic, partition } = this.#options;
    const timeoutMs = Math.min(...pieces.map(({ expiresAt }) => expiresAt)) - performance.now();
    const messages = pieces.flatMap(({ values }) => values.map((value) => ({ partition, value })));
    const sender = this.#currentSender();
    const stalled = setInterval(sender.reconnect, STALL_MS);
    try {
      const stored = sender.connected.then(() => sender.producer.send({ topic, acks: -1, messages }));
      const inTime = withDeadline(stored, timeoutMs, 'acknowledge an append');
      const [answer] = await Promise.race([inTime, this.#closed.promise]);
      if (answer?.baseOffset === undefined) throw new Error('it acknowledged an append without an offset');
      return Number(answer.baseOffset);
    } finally {
      clearInterval(stalled);
    }
  }

  #currentSender(): Sender {
    if (this.#isClosed) throw new LogUnavailableError('the log client is closed');
    if (!this.#sender) {
      const link = createKafkaProducer(this.#options.connection);
      const connected = link.producer.connect();
      connected.catch(() => undefined); // The send that waits for it sees it.
      this.#sender = { ...link, connected };
    }
    return this.#sender;
  }

  #discard(): void {
    this.#sender?.cut();
    this.#sender = undefined;
  }
}

type Sender = ReturnType<typeof createKafkaProducer> & { connected: Promise<void> };

function toUnavailable(cause: unknown, { topic, partition }: AppenderOptions): LogUnavailableError {
  if (cause instanceof LogUnavailableError) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new LogUnavailableError(`Kafka could not append to ${topic}/${partition}: ${why}`, { cause });
}

function splitValues(values: readonly Uint8Array[]): Pick<Piece, 'values' | 'bytes'>[] {
  const pieces: Pick<Piece, 'values' | 'bytes'>[] = [];
  let piece = { values: [] as Buffer[], bytes: 0 };
  for (const value of values) {
    const bytes = value.length + RECORD_OVERHEAD_BYTES;
    if (piece.values.length > 0 && isBeyondSend(piece.bytes + bytes, piece.values.length + 1)) {
      pieces.push(piece);
      piece = { values: [], bytes: 0 };
    }
    piece.values.push(Buffer.from(value.buffer, value.byteOffset, value.length));
    piece.bytes += bytes;
  }
  return [...pieces, piece];
}

/** Removes from the queue what the next send carries; parts of a failed append and what has expired are answered, not sent. */
function takeSend(waiting: Piece[]): Piece[] {
  const taken: Piece[] = [];
  let bytes = 0;
  let count = 0;
  for (let piece = waiting[0]; piece; piece = waiting[0]) {
    if (piece.append.isFailed || piece.expiresAt <= performance.now()) {
      waiting.shift();
      piece.append.isFailed = true;
      piece.first.reject(new LogUnavailableError('Kafka did not acknowledge the appends before this one in time'));
      continue;
    }
    bytes += piece.bytes;
    count += piece.values.length;
    if (taken.length > 0 && isBeyondSend(bytes, count)) break;
    waiting.shift();
    taken.push(piece);
  }
  return taken;
}

const isBeyondSend = (bytes: number, count: number): boolean => bytes > MAX_SEND_BYTES || count > MAX_SEND_VALUES;
