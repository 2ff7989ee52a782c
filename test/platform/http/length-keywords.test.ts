import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addLengthKeywords } from '../../../platform/http/length-keywords.ts';

const reference = new Ajv({ allErrors: true, verbose: true });
const replaced = new Ajv({ allErrors: true, verbose: true });
addLengthKeywords(replaced);

describe('addLengthKeywords', () => {
  it('judges every text as Ajv does, in the same words', () => {
    const unit = fc.constantFrom('a', 'é', '中', '𝄞', '\ud834', '\udd1e');
    const limit = fc.integer({ min: 0, max: 6 });
    const isSame = ([minLength, maxLength]: [number, number], texts: readonly string[]) => {
      const schema = { type: 'string', minLength, maxLength };
      const [expected, actual] = [reference.compile(schema), replaced.compile(schema)];
      for (const text of texts) {
        expect(actual(text)).toBe(expected(text));
        expect(actual.errors).toEqual(expected.errors);
      }
    };
    fc.assert(fc.property(fc.tuple(limit, limit), fc.array(fc.string({ unit, maxLength: 8 })), isSame));
  });
});
