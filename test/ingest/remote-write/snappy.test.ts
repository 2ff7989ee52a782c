import fc from 'fast-check';
import { compress } from 'snappyjs';
import { describe, expect, it } from 'vitest';
import { uncompressSnappy } from '../../../ingest/remote-write/snappy.ts';

const MAX = 1024 * 1024;

const bytesOf = (...bytes: number[]) => Buffer.from(bytes);

describe('a snappy block', () => {
  it('comes back as what was compressed, whatever that was', () => {
    const patterned = fc
      .tuple(fc.uint8Array({ maxLength: 300 }), fc.nat({ max: 300 }))
      .map(([part, times]) => Buffer.concat(Array.from({ length: times }, () => part)));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 5_000 }).map(Buffer.from), patterned), (bytes) => {
        const result = uncompressSnappy(compress(bytes), MAX);
        expect(Buffer.isBuffer(result) && result.equals(bytes)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('may copy what it is just making', () => {
    expect(uncompressSnappy(bytesOf(10, 0x00, 0x61, 0x15, 0x01), MAX)).toEqual(Buffer.from('aaaaaaaaaa'));
  });

  it('may hold copies with offsets of four bytes and literals with lengths of four', () => {
    const literal = bytesOf(0xfc, 3, 0, 0, 0, 0x61, 0x62, 0x63, 0x64);
    const copy = bytesOf((3 << 2) | 3, 4, 0, 0, 0);
    expect(uncompressSnappy(Buffer.concat([bytesOf(8), literal, copy]), MAX)).toEqual(Buffer.from('abcdabcd'));
  });

  it.each([
    ['no bytes at all', bytesOf()],
    ['a length that never ends', bytesOf(0x80, 0x80, 0x80, 0x80, 0x80, 0x80)],
    ['a length of more than 32 bits', bytesOf(0xff, 0xff, 0xff, 0xff, 0x7f)],
    ['a literal that is cut off', bytesOf(4, 0x0c, 0x61)],
    ['a literal whose length is cut off', bytesOf(4, 0xf4, 0x01)],
    ['a copy from before the beginning', bytesOf(5, 0x00, 0x61, 0x01, 0x02)],
    ['a copy from nowhere', bytesOf(5, 0x00, 0x61, 0x01, 0x00)],
    ['a copy whose offset is cut off', bytesOf(5, 0x00, 0x61, 0x02, 0x01)],
    ['more than it declares', bytesOf(1, 0x04, 0x61, 0x62)],
    ['a copy beyond what it declares', bytesOf(2, 0x00, 0x61, 0x01, 0x01)],
    ['less than it declares', bytesOf(3, 0x04, 0x61, 0x62)],
  ])('is malformed with %s', (_case, block) => {
    expect(uncompressSnappy(block, MAX)).toBe('malformed');
  });

  it('is refused by the length it declares, before anything is allocated', () => {
    const before = process.memoryUsage().arrayBuffers;
    expect(uncompressSnappy(bytesOf(0xff, 0xff, 0xff, 0xff, 0x0f, 0x00, 0x61), MAX)).toBe('too_large');
    expect(uncompressSnappy(compress(Buffer.alloc(MAX + 1)), MAX)).toBe('too_large');
    expect(uncompressSnappy(compress(Buffer.alloc(MAX)), MAX)).toHaveLength(MAX);
    // A few bytes cannot stand for a megabyte: believing them would let anybody allocate it.
    expect(uncompressSnappy(bytesOf(0x80, 0x80, 0x40, 0x00, 0x61), MAX)).toBe('malformed');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * MAX);
  });
});
