import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findJsonError } from '../../../platform/http/json-error.ts';

describe('findJsonError', () => {
  it.each([
    ['', 'unexpected end at position 0'],
    ['{"a":1', 'unexpected end at position 6'],
    ['{"a":1,}', 'unexpected character at position 7'],
    ['[1,]', 'unexpected character at position 3'],
    ["{'a':1}", 'unexpected character at position 1'],
    ['{"a" 1}', 'unexpected character at position 5'],
    ['{"a":NaN}', 'unexpected character at position 5'],
    ['{"a":01}', 'unexpected character at position 6'],
    ['{"a":1}}', 'unexpected character at position 7'],
    ['[1}', 'unexpected character at position 2'],
    ['1,2', 'unexpected character at position 1'],
    ['"a\nb"', 'unexpected character at position 0'],
    ['"\\x"', 'unexpected character at position 0'],
  ])('points at where %j stops being JSON', (text, expected) => {
    expect(findJsonError(text)).toBe(expected);
  });

  it('points at the end of a JSON text that something follows', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(findJsonError(`${text} ?`)).toBe(`unexpected character at position ${text.length + 1}`);
      }),
    );
  });

  it('points at the end of every text that was cut off within an object', () => {
    fc.assert(
      fc.property(fc.json(), fc.double({ min: 0, max: 1, noNaN: true }), (json, share) => {
        const text = `{"a":${json}}`;
        const cut = text.slice(0, Math.floor(share * (text.length - 1)));
        const at = Number(/\d+$/.exec(findJsonError(cut))?.[0]);
        // A number, word or string cut in the middle is reported where it begins.
        expect(at).toBeLessThanOrEqual(cut.length);
        expect(() => JSON.parse(cut)).toThrow();
      }),
    );
  });

  it('survives a string of four million escapes', () => {
    expect(findJsonError(`"${'\\n'.repeat(2_000_000)}" x`)).toBe('unexpected character at position 4000003');
  });
});
