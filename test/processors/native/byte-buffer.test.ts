import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteBuffer } from '../../../processors/native/byte-buffer.ts';

const written = (write: (out: ByteBuffer) => void): Buffer => {
  const out = new ByteBuffer();
  write(out);
  return Buffer.from(out.written);
};

/** The string at the start, and the length of what holds it. */
function readString(bytes: Buffer): { text: string; end: number } {
  let length = 0;
  let at = 0;
  for (let factor = 1; ; factor *= 128) {
    const byte = bytes[at++] ?? 0;
    length += (byte & 0x7f) * factor;
    if (byte < 0x80) break;
  }
  return { text: bytes.toString('utf8', at, at + length), end: at + length };
}

describe('ByteBuffer', () => {
  it('writes any string as its length in bytes and UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        const bytes = written((out) => out.writeString(text));
        expect(readString(bytes)).toEqual({ text, end: bytes.length });
      }),
    );
  });

  it('writes strings of 70 KB, and of lengths around every limit', () => {
    for (const length of [0, 1, 47, 48, 49, 127, 128, 16_383, 16_384, 70_000]) {
      for (const unit of ['x', 'é', '😀']) {
        const text = unit.repeat(length);
        expect(readString(written((out) => out.writeString(text))).text === text).toBe(true);
      }
    }
  });

  it('writes whole numbers of either sign', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(written((out) => out.writeInt64(value)).readBigInt64LE(0)).toBe(BigInt(value));
      }),
    );
  });

  it('keeps what was written when it grows, and starts anew when cleared', () => {
    const out = new ByteBuffer();
    for (let i = 0; i < 10_000; i++) out.writeUint32(i);
    const bytes = Buffer.from(out.written);
    expect(bytes).toHaveLength(40_000);
    expect([bytes.readUInt32LE(0), bytes.readUInt32LE(39_996)]).toEqual([0, 9_999]);
    out.clear();
    out.writeUint8(7);
    expect([...out.written]).toEqual([7]);
  });
});
