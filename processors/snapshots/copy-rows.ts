import type { SnapshotPart } from './snapshot-store.ts';

// PostgreSQL's COPY in its binary format: a head, rows of fields that each begin with their length, and -1 (PostgreSQL manual, COPY, Binary Format).
const signature = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
const headBytes = signature.length + 8;
const trailer = Buffer.from([0xff, 0xff]);
const endOfRows = -1;
/** What is handed on at once, bytes: many small pieces cost more than copying them together. */
const chunkBytes = 256 * 1024;

/** Parts as rows of text, text, integer, text, integer, bytea, in chunks to be sent one after the other. */
export function* encodeRows(
  { group, topic, partition }: { group: string; topic: string; partition: number },
  parts: Iterable<SnapshotPart>,
): Generator<Buffer> {
  const place = Buffer.concat([int16(6), text(group), text(topic), integer(partition)]);
  let pieces: Uint8Array[] = [signature, Buffer.alloc(8)];
  let bytes = headBytes;
  for (const { section, bucket, body } of parts) {
    const head = Buffer.concat([place, text(section), integer(bucket), int32(body.length)]);
    pieces.push(head, body);
    bytes += head.length + body.length;
    if (bytes < chunkBytes) continue;
    yield Buffer.concat(pieces);
    pieces = [];
    bytes = 0;
  }
  yield Buffer.concat([...pieces, trailer]);
}

/** Reads rows of text, integer, bytea out of chunks as they come, cut anywhere. */
export class PartReader {
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** With fewer bytes there is no use in looking: a large row comes in many chunks. */
  #needed = headBytes;
  #hasHead = false;

  /** The parts that are whole by now; their bodies are valid until the next is taken. */
  *read(chunk: Buffer): Generator<SnapshotPart> {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < this.#needed) return;
    let bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    if (!this.#hasHead) {
      bytes = bytes.subarray(headBytes + bytes.readInt32BE(headBytes - 4));
      this.#hasHead = true;
    }
    let row = readRow(bytes);
    for (; typeof row !== 'number'; row = readRow(bytes)) {
      yield row.part;
      bytes = bytes.subarray(row.end);
    }
    this.#chunks = [bytes];
    this.#bytes = bytes.length;
    this.#needed = row;
  }
}

/** The first row, or how many bytes it takes at least when it is not there as a whole; the end is taken for a row that never comes. */
function readRow(bytes: Buffer): { part: SnapshotPart; end: number } | number {
  if (bytes.length < 2) return 2;
  const count = bytes.readInt16BE(0);
  if (count === endOfRows) return Number.POSITIVE_INFINITY;
  const fields: Buffer[] = [];
  let at = 2;
  for (let left = count; left > 0; left--) {
    if (bytes.length < at + 4) return at + 4;
    const end = at + 4 + bytes.readInt32BE(at);
    if (bytes.length < end) return end;
    fields.push(bytes.subarray(at + 4, end));
    at = end;
  }
  const [section, bucket, body] = fields;
  if (section === undefined || bucket === undefined || body === undefined)
    throw new RangeError('a row of a snapshot has too few fields');
  return { part: { section: section.toString(), bucket: bucket.readInt32BE(0), body }, end: at };
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

const integer = (value: number): Buffer => Buffer.concat([int32(4), int32(value)]);

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([int32(bytes.length), bytes]);
}
