import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { crc32c } from '../../../../platform/log-store/kafka/crc32c.ts';

/** Bit by bit, straight from the definition. */
function plainCrc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc;
}

describe('CRC-32C', () => {
  test('has the check values of RFC 3720', () => {
    expect(crc32c(Buffer.from('123456789')) >>> 0).toBe(0xe3069283);
    expect(crc32c(new Uint8Array(32)) >>> 0).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(255)) >>> 0).toBe(0x62a8ab43);
    expect(crc32c(new Uint8Array()) >>> 0).toBe(0);
  });

  test('equals the definition for any bytes at any alignment', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(9), (bytes, offset) => {
        const shifted = Buffer.concat([Buffer.alloc(offset), bytes]).subarray(offset);
        return crc32c(shifted) === plainCrc32c(bytes);
      }),
    );
  });
});
