import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  countFrames,
  decodeFrames,
  FRAME_HEADER_BYTES,
  frameAt,
  layOutFrames,
  MAX_VALUE_BYTES,
  stampFrames,
} from '../../../platform/log-store/frame.ts';

const values = fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1, maxLength: 20 });

function framed(of: readonly Uint8Array[], stamp = { offset: 5, appendedAt: 1_700_000_000_000, syncFrom: 3 }): Buffer {
  const frames = Buffer.concat(layOutFrames(of));
  stampFrames(frames, stamp);
  return frames;
}

/** The values of the leading intact frames, as recovery sees them. */
function intact(buffer: Buffer): { values: Buffer[]; end: number } {
  const found: Buffer[] = [];
  let end = 0;
  for (;;) {
    const frame = frameAt(buffer, end);
    if (typeof frame === 'string') return { values: found, end };
    found.push(buffer.subarray(end + FRAME_HEADER_BYTES, frame.end));
    end = frame.end;
  }
}

describe('frames', () => {
  test('give back values, dense offsets and the time', () => {
    fc.assert(
      fc.property(values, (given) => {
        const records = decodeFrames(framed(given));
        expect(records.map(({ value }) => Buffer.from(value))).toEqual(given.map((value) => Buffer.from(value)));
        expect(records.map(({ offset }) => offset)).toEqual(given.map((_, index) => index + 5));
        expect(new Set(records.map(({ appendedAt }) => appendedAt))).toEqual(new Set([1_700_000_000_000]));
      }),
    );
  });

  test('cut off anywhere, are exactly those that end before the cut', () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (given, part) => {
        const whole = framed(given);
        const cut = Math.floor(whole.length * part);
        let expected = 0;
        let end = 0;
        for (const value of given) {
          if (end + FRAME_HEADER_BYTES + value.length > cut) break;
          end += FRAME_HEADER_BYTES + value.length;
          expected += 1;
        }
        const found = intact(whole.subarray(0, cut));
        expect([found.values.length, found.end]).toEqual([expected, end]);
      }),
    );
  });

  test('with a flipped bit end before the frame that has it, and never give a wrong value', () => {
    fc.assert(
      fc.property(values, fc.nat(), fc.integer({ min: 0, max: 7 }), (given, at, bit) => {
        const buffer = framed(given);
        const position = at % buffer.length;
        buffer[position] = (buffer[position] ?? 0) ^ (1 << bit);
        const found = intact(buffer);
        expect(found.end).toBeLessThanOrEqual(position);
        expect(found.values).toEqual(given.slice(0, found.values.length).map((value) => Buffer.from(value)));
      }),
    );
  });

  test('remember the sync they belong to', () => {
    expect(frameAt(framed([Buffer.from('a')]), 0)).toMatchObject({ offset: 5, syncFrom: 3 });
  });

  test('keep large values as they are and copy small ones together', () => {
    const large = Buffer.alloc(5_000);
    expect(layOutFrames([large, large])[1]).toBe(large);
    expect(layOutFrames([Buffer.from('a'), Buffer.from('b')])).toHaveLength(1);
  });

  test('of a client are counted only when they are whole and within the limit', () => {
    const frames = Buffer.concat(layOutFrames([Buffer.from('a'), Buffer.from('bc')]));
    expect(countFrames(frames)).toBe(2);
    expect(countFrames(frames.subarray(0, -1))).toBeUndefined();
    expect(countFrames(Buffer.concat([frames, Buffer.alloc(3)]))).toBeUndefined();
    expect(countFrames(Buffer.alloc(0))).toBeUndefined();
    const tooLong = Buffer.alloc(FRAME_HEADER_BYTES + MAX_VALUE_BYTES + 1);
    tooLong.writeUInt32LE(MAX_VALUE_BYTES + 1, 0);
    expect(countFrames(tooLong)).toBeUndefined();
  });
});
