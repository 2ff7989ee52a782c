import { ApiError } from '../../platform/errors.ts';
import { NDJSON_LIMITS } from '../../schemas/api/ndjson-limits.ts';

export interface NdjsonLine {
  /** From 1, blank lines counted. */
  number: number;
  bytes: Buffer;
}

/** Lines that are stored together; `bad` when the line behind them cannot be read. */
export interface LineChunk {
  lines: NdjsonLine[];
  bad?: { number: number; issue: string };
}

export type ChunkLimits = Record<'bodyBytes' | 'lineBytes' | 'chunkLines' | 'chunkBytes', number>;

const newline = 0x0a;
const space = 0x20;

/**
 * The lines of a body in chunks, blank ones left out. Holds one chunk and one piece of the body at a time. Ends behind a chunk with a bad
 * line; ApiError 413 when the body is too long.
 */
export async function* readChunks(
  body: AsyncIterable<Buffer>,
  limits: ChunkLimits = NDJSON_LIMITS,
): AsyncGenerator<LineChunk> {
  const grouping = new Grouping(limits);
  let bodyBytes = 0;
  for await (const piece of body) {
    bodyBytes += piece.length;
    if (bodyBytes > limits.bodyBytes) throw tooLong(limits);
    for (const chunk of grouping.take(piece)) {
      yield chunk;
      if (chunk.bad !== undefined) return;
    }
  }
  yield* grouping.end();
}

class Grouping {
  #limits: ChunkLimits;
  #lines: NdjsonLine[] = [];
  #bytes = 0;
  #rest: Buffer = Buffer.alloc(0);
  #number = 0;

  constructor(limits: ChunkLimits) {
    this.#limits = limits;
  }

  /** The chunks that are full with another piece of the body; the last may have a bad line. */
  *take(piece: Buffer): Generator<LineChunk> {
    const { lines, end } = splitLines(this.#rest, piece);
    this.#rest = end;
    for (const line of lines) {
      this.#number++;
      if (line.length > this.#limits.lineBytes) return yield this.#stopAt(this.#number);
      if (isBlank(line)) continue;
      if (this.#isFull(line)) yield { lines: this.#flush() };
      this.#add(line, this.#number);
    }
    if (end.length > this.#limits.lineBytes) yield this.#stopAt(this.#number + 1);
  }

  /** What is left at the end of the body. */
  *end(): Generator<LineChunk> {
    if (!isBlank(this.#rest)) {
      if (this.#isFull(this.#rest)) yield { lines: this.#flush() };
      this.#add(this.#rest, this.#number + 1);
    }
    if (this.#lines.length > 0) yield { lines: this.#flush() };
  }

  #add(bytes: Buffer, number: number): void {
    this.#lines.push({ number, bytes });
    this.#bytes += bytes.length;
  }

  #isFull(next: Buffer): boolean {
    const { chunkLines, chunkBytes } = this.#limits;
    if (this.#lines.length === 0) return false;
    return this.#lines.length >= chunkLines || this.#bytes + next.length > chunkBytes;
  }

  #flush(): NdjsonLine[] {
    const lines = this.#lines;
    this.#lines = [];
    this.#bytes = 0;
    return lines;
  }

  #stopAt(number: number): LineChunk {
    const issue = `is longer than ${this.#limits.lineBytes} bytes`;
    return { lines: this.#flush(), bad: { number, issue } };
  }
}

function splitLines(rest: Buffer, piece: Buffer): { lines: Buffer[]; end: Buffer } {
  const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
  const lines: Buffer[] = [];
  let start = 0;
  // What was looked through before holds no line break.
  for (let at = bytes.indexOf(newline, rest.length); at >= 0; at = bytes.indexOf(newline, start)) {
    lines.push(bytes.subarray(start, at));
    start = at + 1;
  }
  return { lines, end: bytes.subarray(start) };
}

function isBlank(bytes: Buffer): boolean {
  for (const byte of bytes) {
    if (byte > space) return false;
  }
  return true;
}

const tooLong = ({ bodyBytes }: ChunkLimits) =>
  new ApiError(413, { code: 'payload_too_large', message: `Request body is larger than ${bodyBytes} bytes.` });
