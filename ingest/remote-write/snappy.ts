import { sourceOf } from '../../schemas/byte-cache.ts';

export type SnappyDefect = 'malformed' | 'too_large';

/** A block cannot hold more bytes than this for each of its own: the densest element makes 64 out of 3. */
const maxRatio = 22;
const lengthBytes = 5;
const wordBytes = 4;
/** Literals of at most this many bytes are copied one by one, which is faster than a call. */
const shortLiteral = 24;
/** Lengths of literals beyond are in 1 to 4 bytes of their own. */
const inlineLengths = 59;

/**
 * The bytes in a block of the raw snappy format. `too_large`, before anything is allocated, when it declares more than `maxBytes`; `malformed`
 * when it declares more than so many bytes can hold, or does not come to exactly what it declares. Reads each byte once.
 */
export function uncompressSnappy(block: Uint8Array, maxBytes: number): Buffer | SnappyDefect {
  const head = readLength(block);
  if (head === undefined) return 'malformed';
  if (head.length > maxBytes) return 'too_large';
  if (head.length > block.length * maxRatio) return 'malformed';
  const output = Buffer.allocUnsafe(head.length);
  const { view } = sourceOf(output);
  return inflate({ bytes: block, output, view, pos: head.end, at: 0 }) ? output : 'malformed';
}

/** The declared length, a varint of at most 32 bits, and where it ends. */
function readLength(block: Uint8Array): { length: number; end: number } | undefined {
  let length = 0;
  for (let end = 0; end < Math.min(lengthBytes, block.length); end++) {
    const byte = block[end] ?? 0;
    length += (byte & 0x7f) * 2 ** (7 * end);
    if (byte < 0x80) return length < 2 ** 32 ? { length, end: end + 1 } : undefined;
  }
  return undefined;
}

/** A block while it is read: `pos` in its bytes, `at` in the output. */
interface Run {
  bytes: Uint8Array;
  output: Uint8Array;
  /** Of the output. */
  view: DataView;
  pos: number;
  at: number;
}

/** Whether the elements from the position on fill the output exactly. */
function inflate(run: Run): boolean {
  const { bytes, output } = run;
  while (run.pos < bytes.length) {
    const tag = bytes[run.pos++] as number;
    const isWithin = (tag & 3) === 0 ? writeLiteral(run, tag) : copyEarlier(run, tag);
    if (!isWithin) return false;
  }
  return run.at === output.length;
}

/** Bytes as they stand in the block. False when they are not all there or find no room. */
function writeLiteral(run: Run, tag: number): boolean {
  const { bytes, output, at } = run;
  const width = Math.max(0, (tag >> 2) - inlineLengths);
  if (run.pos + width > bytes.length) return false;
  const length = (width === 0 ? tag >> 2 : littleEndian(bytes, run.pos, width)) + 1;
  const start = run.pos + width;
  const end = start + length;
  if (end > bytes.length || at + length > output.length) return false;
  if (length > shortLiteral) output.set(bytes.subarray(start, end), at);
  else for (let index = 0; index < length; index++) output[at + index] = bytes[start + index] as number;
  run.pos = end;
  run.at = at + length;
  return true;
}

/** Bytes that were written before. False when there are no such, or they find no room. */
function copyEarlier(run: Run, tag: number): boolean {
  const { bytes, output, at } = run;
  const isShort = (tag & 3) === 1;
  const width = isShort ? 1 : (tag & 3) === 2 ? 2 : 4;
  if (run.pos + width > bytes.length) return false;
  const low = littleEndian(bytes, run.pos, width);
  const offset = isShort ? low + ((tag >> 5) << 8) : low;
  const end = at + (isShort ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1);
  if (offset === 0 || offset > at || end > output.length) return false;
  copyWithin(run, offset, end);
  run.pos += width;
  run.at = end;
  return true;
}

// Word by word, else byte by byte, where a call costs more: what is copied may begin within what it makes.
function copyWithin({ output, view, at }: Run, offset: number, end: number): void {
  let index = at;
  if (offset >= wordBytes) {
    for (; index + wordBytes <= end; index += wordBytes) view.setInt32(index, view.getInt32(index - offset));
  }
  for (; index < end; index++) output[index] = output[index - offset] as number;
}

function littleEndian(bytes: Uint8Array, pos: number, width: number): number {
  let value = bytes[pos] as number;
  if (width > 1) value |= (bytes[pos + 1] as number) << 8;
  if (width > 2) value |= (bytes[pos + 2] as number) << 16;
  return width > 3 ? value + (bytes[pos + 3] as number) * 2 ** 24 : value;
}
