import type { FileHandle } from 'node:fs/promises';
import { FRAME_HEADER_BYTES, type Frame, frameAt, headerAt, MAX_VALUE_BYTES } from './frame.ts';

const CHUNK_BYTES = 1024 * 1024;

export interface WalkOptions {
  /** Position of a frame. */
  from: number;
  /** Position behind the last byte to look at. */
  to: number;
  /** Offset of the first frame; the following ones are dense. */
  offset: number;
  /** Also compare checksums; without that only headers are looked at. */
  isChecked: boolean;
  /** Return false to stop behind this frame. */
  visit: (frame: Frame, at: number) => boolean;
}

export interface WalkEnd {
  /** Position behind the last good frame. */
  at: number;
  /** The offset expected there. */
  offset: number;
  /** `end`: everything was looked at (or `visit` stopped), `short`: a frame is cut off, `bad`: it is damaged. */
  why: 'end' | 'short' | 'bad';
}

/** Walks the frames of a segment file in order, a mebibyte at a time. */
export async function walkFrames(file: FileHandle, options: WalkOptions): Promise<WalkEnd> {
  const { to } = options;
  const usual = Buffer.allocUnsafe(Math.min(to - options.from, CHUNK_BYTES));
  let buffer = usual;
  let end: WalkEnd = { at: options.from, offset: options.offset, why: 'end' };
  while (end.at < to) {
    const chunk = await readInto(file, buffer, { at: end.at, length: to - end.at });
    const step = walkChunk(chunk, { ...options, from: end.at, offset: end.offset });
    if (step.why !== 'short') return step;
    const isStuck = step.at === end.at;
    if (isStuck && (buffer !== usual || chunk.length === to - end.at)) return step;
    buffer = isStuck ? Buffer.allocUnsafe(FRAME_HEADER_BYTES + MAX_VALUE_BYTES) : usual;
    end = step;
  }
  return { ...end, why: 'end' };
}

/** One chunk, whose first byte is at `from` in the file: `short` where it goes on with the next chunk. */
function walkChunk(chunk: Buffer, { from, to, offset, isChecked, visit }: WalkOptions): WalkEnd {
  const parse = isChecked ? frameAt : headerAt;
  let used = 0;
  let expected = offset;
  for (;;) {
    const frame = parse(chunk, used);
    const end = { at: from + used, offset: expected };
    if (typeof frame === 'string') return { ...end, why: frame };
    if (frame.offset !== expected) return { ...end, why: 'bad' };
    if (from + frame.end > to) return { ...end, why: 'short' };
    const goesOn = visit(frame, from + used);
    used = frame.end;
    expected += 1;
    if (!goesOn) return { at: from + used, offset: expected, why: 'end' };
  }
}

/** Fills the buffer from the file as far as both reach. */
export async function readInto(
  file: FileHandle,
  buffer: Buffer,
  place: { at: number; length: number },
): Promise<Buffer> {
  const length = Math.min(buffer.length, place.length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, place.at + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
