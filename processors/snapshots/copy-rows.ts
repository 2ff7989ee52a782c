import type { SnapshotPart } from './snapshot-store.ts';

// PostgreSQL's COPY in its binary format: a head, rows of fields that each begin with their length, and -1 (PostgreSQL manual, COPY, Binary Format).
const signature = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
const headBytes = signature.length + 8;
const trailer = Buffer.from([0xff, 0xff]);
/** Section, bucket, body. */
const partFields = 3;
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

/**
 * Takes the chunks that COPY sends of rows of text, integer, bytea, and returns the parts that each completes. Their bodies are views of the chunk.
 * Throws a RangeError when the bytes are no such rows.
 */
export function createRowDecoder(): (chunk: Buffer) => SnapshotPart[] {
  let rest: Buffer = Buffer.alloc(0);
  let isBegun = false;
  return (chunk) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    rest = bytes;
    if (!isBegun && bytes.length < headBytes) return [];
    const { parts, end } = readParts(bytes, isBegun ? 0 : endOfHead(bytes));
    isBegun = true;
    rest = bytes.subarray(end);
    return parts;
  };
}

function endOfHead(bytes: Buffer): number {
  if (!signature.equals(bytes.subarray(0, signature.length))) throw new RangeError('the bytes are none of COPY');
  return headBytes;
}

/** Those that are all there, and where the next one begins. */
function readParts(bytes: Buffer, from: number): { parts: SnapshotPart[]; end: number } {
  const parts: SnapshotPart[] = [];
  let at = from;
  for (let end = endOfRow(bytes, at); end !== undefined; end = endOfRow(bytes, at)) {
    parts.push(toPart(bytes, at));
    at = end;
  }
  return { parts, end: at };
}

/** Undefined while the row is not all there, and behind the last one. */
function endOfRow(bytes: Buffer, from: number): number | undefined {
  if (bytes.length < from + 2) return undefined;
  const fields = bytes.readInt16BE(from);
  if (fields === -1) return undefined;
  if (fields !== partFields) throw new RangeError(`a row of a snapshot has ${partFields} fields, not ${fields}`);
  let at = from + 2;
  for (let field = 0; field < fields; field++) {
    if (bytes.length < at + 4) return undefined;
    at += 4 + bytes.readInt32BE(at);
  }
  return at <= bytes.length ? at : undefined;
}

function toPart(bytes: Buffer, from: number): SnapshotPart {
  let at = from + 2;
  const next = () => {
    const start = at + 4;
    at = start + bytes.readInt32BE(at);
    return bytes.subarray(start, at);
  };
  return { section: next().toString(), bucket: next().readInt32BE(), body: next() };
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
