import { crc32 } from 'node:zlib';
import type { LogRecord } from './log-store.ts';

/**
 * A stored record, little endian:
 *
 *     0  u32  length of the value in bytes
 *     4  u32  CRC-32 of everything after this field
 *     8  u48  offset
 *    14  u48  appendedAt, milliseconds since the epoch
 *    20  u32  position in its sync: how many records before this one became durable together with it
 *    24       value
 *
 * The last field tells a torn tail from damage: a bad frame may be cut off only if it can have been part of the last sync.
 */
export const FRAME_HEADER_BYTES = 24;

/** Largest value of one record. */
export const MAX_VALUE_BYTES = 8 * 1024 * 1024;

/** Below this average, values are copied into one buffer; above it, they are handed on as they are. */
const COPY_BELOW_BYTES = 4096;

const CHECKED_FROM = 8;

export interface Frame {
  offset: number;
  appendedAt: number;
  /** The first offset of the sync this record was part of. */
  syncFrom: number;
  /** Position behind the frame. */
  end: number;
}

/** Frames with nothing but the length filled in: what a client sends. The parts are in order and refer to large values without a copy. */
export function layOutFrames(values: readonly Uint8Array[]): Uint8Array[] {
  const valueBytes = values.reduce((sum, value) => sum + value.length, 0);
  if (valueBytes < values.length * COPY_BELOW_BYTES) return [copyFrames(values, valueBytes)];
  const headers = Buffer.alloc(values.length * FRAME_HEADER_BYTES);
  return values.flatMap((value, index) => {
    const at = index * FRAME_HEADER_BYTES;
    headers.writeUInt32LE(value.length, at);
    return [headers.subarray(at, at + FRAME_HEADER_BYTES), value];
  });
}

function copyFrames(values: readonly Uint8Array[], valueBytes: number): Buffer {
  const frames = Buffer.allocUnsafe(valueBytes + values.length * FRAME_HEADER_BYTES);
  let at = 0;
  for (const value of values) {
    frames.writeUInt32LE(value.length, at);
    frames.set(value, at + FRAME_HEADER_BYTES);
    at += FRAME_HEADER_BYTES + value.length;
  }
  return frames;
}

/** The number of frames in a buffer that a client laid out; undefined when it is not a whole number of acceptable frames. */
export function countFrames(frames: Buffer): number | undefined {
  let count = 0;
  let at = 0;
  while (at + FRAME_HEADER_BYTES <= frames.length) {
    const length = frames.readUInt32LE(at);
    if (length > MAX_VALUE_BYTES) return undefined;
    at += FRAME_HEADER_BYTES + length;
    count += 1;
  }
  return at === frames.length && count > 0 ? count : undefined;
}

/** Completes laid-out frames in place: dense offsets from `offset`, the time, the checksum. */
export function stampFrames(frames: Buffer, stamp: { offset: number; appendedAt: number; syncFrom: number }): void {
  let offset = stamp.offset;
  for (let at = 0; at < frames.length; ) {
    const end = at + FRAME_HEADER_BYTES + frames.readUInt32LE(at);
    frames.writeUIntLE(offset, at + 8, 6);
    frames.writeUIntLE(stamp.appendedAt, at + 14, 6);
    frames.writeUInt32LE(offset - stamp.syncFrom, at + 20);
    frames.writeUInt32LE(crc32(frames.subarray(at + CHECKED_FROM, end)), at + 4);
    offset += 1;
    at = end;
  }
}

/** The frame at a position: `short` when the buffer ends before it does, `bad` when its length or checksum is wrong. */
export function frameAt(buffer: Buffer, at: number): Frame | 'short' | 'bad' {
  const header = headerAt(buffer, at);
  if (typeof header === 'string') return header;
  if (header.end > buffer.length) return 'short';
  const isIntact = crc32(buffer.subarray(at + CHECKED_FROM, header.end)) === buffer.readUInt32LE(at + 4);
  return isIntact ? header : 'bad';
}

/** The frame at a position as its header tells it, unchecked; its value may lie beyond the buffer. */
export function headerAt(buffer: Buffer, at: number): Frame | 'short' | 'bad' {
  if (at + FRAME_HEADER_BYTES > buffer.length) return 'short';
  const length = buffer.readUInt32LE(at);
  if (length > MAX_VALUE_BYTES) return 'bad';
  const offset = buffer.readUIntLE(at + 8, 6);
  return {
    offset,
    appendedAt: buffer.readUIntLE(at + 14, 6),
    syncFrom: offset - buffer.readUInt32LE(at + 20),
    end: at + FRAME_HEADER_BYTES + length,
  };
}

/** The records of a run of whole, already checked frames. Values are views of the buffer. */
export function decodeFrames(run: Buffer): LogRecord[] {
  const records: LogRecord[] = [];
  for (let at = 0; at < run.length; ) {
    const start = at + FRAME_HEADER_BYTES;
    const end = start + run.readUInt32LE(at);
    const offset = run.readUIntLE(at + 8, 6);
    records.push({ offset, appendedAt: run.readUIntLE(at + 14, 6), value: run.subarray(start, end) });
    at = end;
  }
  return records;
}
