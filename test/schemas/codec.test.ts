import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSingleObjectCodec } from '../../schemas/codec.ts';

const first = { type: 'record', name: 'Point', fields: [{ name: 'x', type: 'double' }] } as const;
const second = {
  type: 'record',
  name: 'Point',
  fields: [
    { name: 'label', type: 'string', default: 'none', doc: 'later' },
    { name: 'x', type: 'double' },
    { name: 'tags', type: { type: 'map', values: 'string' }, default: {} },
    { name: 'path', type: { type: 'array', items: 'long' }, default: [] },
  ],
} as const;

describe('single-object encoding', () => {
  const codec = createSingleObjectCodec(second, [first]);
  const value = { label: 'é𝄞', x: -0.5, tags: { a: 'b' }, path: [1, -(2 ** 40)] };

  test('begins with the marker and the little-endian fingerprint of the canonical schema', () => {
    const bytes = Buffer.from(codec.encode(value));
    expect([...bytes.subarray(0, 2)]).toEqual([0xc3, 0x01]);
    expect(bytes.readBigUInt64LE(2)).toBe(codec.fingerprint);
  });

  test('the canonical schema has no documentation and no defaults', () => {
    expect(codec.canonical).not.toMatch(/doc|default|later/);
  });

  test('any value comes back as it went in', () => {
    const point = fc.record({
      label: fc.string({ unit: 'grapheme' }),
      x: fc.double({ noNaN: true }),
      tags: fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string(), { noNullPrototype: true }),
      path: fc.array(fc.integer({ min: -(2 ** 50), max: 2 ** 50 })),
    });
    fc.assert(
      fc.property(
        point.filter((sample) => !Object.hasOwn(sample.tags, '__proto__')),
        (sample) => {
          expect(codec.decode(codec.encode(sample))).toEqual(sample);
        },
      ),
    );
  });

  test('a value larger than the scratch buffer is encoded whole', () => {
    const large = { ...value, label: 'x'.repeat(5_000_000) };
    expect(codec.decode(codec.encode(large))).toEqual(large);
    expect(codec.decode(codec.encode(value))).toEqual(value);
  });

  test('two encoded values do not share memory', () => {
    const one = codec.encode(value);
    const copy = [...one];
    codec.encode({ ...value, label: 'other' });
    expect([...one]).toEqual(copy);
  });

  test('what an earlier version wrote is read with the defaults of the present one', () => {
    const old = createSingleObjectCodec(first).encode({ x: 7 });
    expect(codec.decode(old)).toEqual({ label: 'none', x: 7, tags: {}, path: [] });
  });
});

describe('bytes that hold no value', () => {
  const codec = createSingleObjectCodec(second);
  const good = codec.encode({ label: 'abc', x: 1, tags: { k: 'v' }, path: [1, 2, 3] });

  test('are named by what is wrong with them', () => {
    expect(codec.decode(new Uint8Array())).toBe('not_single_object');
    expect(codec.decode(Buffer.from('{"x":1}'))).toBe('not_single_object');
    expect(codec.decode(good.subarray(0, 6))).toBe('truncated');
    expect(codec.decode(createSingleObjectCodec(first).encode({ x: 1 }))).toBe('unknown_schema');
    expect(codec.decode(Buffer.concat([good, Buffer.of(0)]))).toBe('trailing_bytes');
  });

  test('every shorter prefix is refused', () => {
    for (let length = 10; length < good.length; length++) {
      expect(['truncated', 'malformed']).toContain(codec.decode(good.subarray(0, length)));
    }
  });

  test('a count beyond the bytes that are left is malformed, not a long wait', () => {
    const array = createSingleObjectCodec({ type: 'array', items: 'string' } as const);
    const header = array.encode([]).subarray(0, 10);
    const hugeCount = Buffer.of(0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f);
    expect(array.decode(Buffer.concat([header, hugeCount]))).toBe('malformed');
  });

  test('flipped bits never throw', () => {
    fc.assert(
      fc.property(fc.nat(good.length * 8 - 1), (bit) => {
        const flipped = Buffer.from(good);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(() => codec.decode(flipped)).not.toThrow();
      }),
    );
  });
});
