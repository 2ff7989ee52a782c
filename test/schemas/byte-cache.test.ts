import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteCache, sourceOf } from '../../schemas/byte-cache.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Looks a text up in the midst of others, as a reader does. */
function look(cache: ByteCache<string>, key: string): string | undefined {
  const source = sourceOf(bytesOf(`<<${key}>>`));
  const [start, end] = [2, source.bytes.length - 2];
  const entry = cache.follow(source, start, end) ?? cache.find(source, start, end);
  return entry?.value;
}

function keep(cache: ByteCache<string>, key: string): void {
  const source = sourceOf(bytesOf(key));
  cache.add(source, { start: 0, end: source.bytes.length, value: key, cost: 100 });
}

describe('values kept under bytes', () => {
  it('are found under these bytes and no others, in any order, however much was forgotten', () => {
    const keys = fc.array(fc.string({ maxLength: 40 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(keys, fc.integer({ min: 500, max: 20_000 }), (order, maxBytes) => {
        const cache = new ByteCache<string>(maxBytes);
        for (const key of [...order, ...order, ...order.toReversed()]) {
          const found = look(cache, key);
          // What follows may be a shorter one that this begins with: a reader's keys never do.
          if (found === undefined) keep(cache, key);
          else expect(key.startsWith(found)).toBe(true);
        }
      }),
    );
  });

  it('are found again when they come in the same order', () => {
    const cache = new ByteCache<string>(1_000_000);
    const keys = Array.from({ length: 500 }, (_, index) => `{series ${index} of some length}`);
    for (const key of keys) keep(cache, key);
    for (let round = 0; round < 3; round++) for (const key of keys) expect(look(cache, key)).toBe(key);
    expect(cache.size).toBe(500);
  });

  it('are forgotten when they were not used for long', () => {
    const cache = new ByteCache<string>(20_000);
    keep(cache, '{used}');
    keep(cache, '{left}');
    for (let index = 0; index < 200; index++) {
      keep(cache, `{filler ${index}}`);
      expect(look(cache, '{used}')).toBe('{used}');
    }
    expect(look(cache, '{left}')).toBeUndefined();
    expect(cache.size).toBeLessThan(100);
  });
});
