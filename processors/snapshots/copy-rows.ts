import type { SnapshotPart } from './snapshot-store.ts';

// PostgreSQL's COPY in its binary format: a head, rows of fields that each begin with their length, and -1 (PostgreSQL manual, COPY, Binary Format).
const signature = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
const headBytes = signature.length + 8;
const trailer = Buffer.from([0xff, 0xff]);
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
