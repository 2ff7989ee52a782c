import { isAscii, isUtf8 } from 'node:buffer';
import { PbfReader } from 'pbf';
import { sourceOf } from '../../schemas/byte-cache.ts';

/** The bytes are no message of the type they should be. */
export class MalformedError extends Error {
  override name = 'MalformedError';
}

/** The message holds more than a request may; names what. */
export class ExcessError extends Error {
  override name = 'ExcessError';
}

/** Protocol Buffers as they are read here: pbf's cursor, which itself believes every length it meets. */
export interface Cursor {
  reader: PbfReader;
  bytes: Buffer;
  /** Of the same bytes. */
  view: DataView;
}

const lengthDelimited = 2;

export const openCursor = (bytes: Buffer): Cursor => ({ reader: new PbfReader(bytes), ...sourceOf(bytes), bytes });

/** Enters the message, text or packed list the cursor is at. Returns where it ends; MalformedError when that is beyond `end`, the end of what surrounds it. */
export function enter({ reader }: Cursor, end: number): number {
  if (reader.type !== lengthDelimited) throw new MalformedError('a value of another wire type');
  const stop = reader.readVarint() + reader.pos;
  // Written so that NaN, which pbf makes of missing bytes, is refused too.
  if (!(stop <= end)) throw new MalformedError('a length beyond the end');
  return stop;
}

/** Reads the fields up to `end`. `onField` reads the value of a field, or leaves it, then it is skipped. MalformedError when they do not end there. */
export function readFields(cursor: Cursor, end: number, onField: (field: number) => void): void {
  const { reader } = cursor;
  for (let field = reader.nextField(end); field !== 0; field = reader.nextField(end)) onField(field);
  leave(cursor, end);
}

/** To be called when a message has no further field: MalformedError unless it ends where it should. */
export function leave({ reader }: Cursor, end: number): void {
  if (reader.pos !== end) throw new MalformedError('a message that ends elsewhere');
}

/** A text; undefined when its bytes are not UTF-8. */
export function readText(cursor: Cursor, end: number): string | undefined {
  const stop = enter(cursor, end);
  const { reader, bytes } = cursor;
  const start = reader.pos;
  reader.pos = stop;
  return textOf(bytes.subarray(start, stop));
}

function textOf(bytes: Buffer): string | undefined {
  if (isAscii(bytes)) return bytes.toString('latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}

/** Values of a repeated field, which come packed or one by one, into `values`. ExcessError beyond `max` of them. */
export function readRepeated(
  cursor: Cursor,
  { end, max, values }: { end: number; max: number; values: number[] },
  read: (reader: PbfReader) => number,
): void {
  const { reader } = cursor;
  const stop = reader.type === lengthDelimited ? enter(cursor, end) : reader.pos + 1;
  while (reader.pos < stop) {
    if (values.length >= max) throw new ExcessError(`more than ${max} values in one list`);
    values.push(read(reader));
  }
  if (reader.pos > end) throw new MalformedError('a list beyond the end');
}
