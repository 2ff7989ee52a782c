import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createKey,
  familyPrefixes,
  hashKey,
  isSameKey,
  type KeyFamily,
  keyId,
  maskKey,
  maxKeyLength,
  minGivenKeyLength,
  parseKey,
  randomBase62,
} from '../../../platform/tenancy/keys.ts';
import { parsePepper } from '../../../platform/tenancy/pepper.ts';

const pepper = parsePepper(`v1:${Buffer.alloc(32, 1).toString('base64url')}`);
const otherPepper = parsePepper(`v1:${Buffer.alloc(32, 2).toString('base64url')}`);
const families = Object.keys(familyPrefixes) as KeyFamily[];
const issued = fc.constantFrom(...families).map((family) => createKey(family));

describe('an issued key', () => {
  it.each(families)('of family %s has its prefix, an id, a secret of 256 bits and a checksum', (family) => {
    const { id, text } = createKey(family);
    expect(text).toMatch(new RegExp(`^${familyPrefixes[family]}[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$`));
    expect(id).toBe(`key_${text.slice(familyPrefixes[family].length).split('_')[0]}`);
    expect(parseKey(text)).toEqual({ kind: 'issued', id });
    expect(keyId({ kind: 'issued', id }, text, pepper)).toBe(id);
  });

  it('is refused without a query when one character differs', () => {
    fc.assert(
      fc.property(issued, fc.nat(), fc.constantFrom(...'0123456789ABCxyz'), ({ text }, position, character) => {
        const at = position % text.length;
        const typo = text.slice(0, at) + character + text.slice(at + 1);
        fc.pre(typo !== text && typo.startsWith(text.slice(0, text.indexOf('_') + 1)) && text[at] !== '_');
        return parseKey(typo) === undefined;
      }),
    );
  });

  it('shows in a list its family and four characters of its id, nothing of its secret', () => {
    const { id, text } = createKey('mk_live');
    expect(maskKey({ kind: 'issued', id }, text)).toBe(`mk_live_${id.slice(4, 8)}...`);
  });

  it('is never made twice', () => {
    expect(new Set(Array.from({ length: 1_000 }, () => createKey('ops').id)).size).toBe(1_000);
  });
});

describe('a key chosen by the operator', () => {
  const text = 'mk_live_0123456789abcdef';

  it(`needs mk_live_ and ${minGivenKeyLength} characters`, () => {
    expect(parseKey(text)).toEqual({ kind: 'given' });
    expect(parseKey(text.slice(0, -1))).toBeUndefined();
    expect(parseKey(text.replace('mk_live_', 'ops_'))).toBeUndefined();
    expect(parseKey(text.padEnd(maxKeyLength, 'x'))).toEqual({ kind: 'given' });
    expect(parseKey(text.padEnd(maxKeyLength + 1, 'x'))).toBeUndefined();
  });

  it('has the same id every time, which depends on the pepper', () => {
    const id = keyId({ kind: 'given' }, text, pepper);
    expect(id).toMatch(/^key_[0-9A-Za-z]{17}$/);
    expect(keyId({ kind: 'given' }, text, pepper)).toBe(id);
    expect(keyId({ kind: 'given' }, text, otherPepper)).not.toBe(id);
  });

  it('shows nothing of itself in a list', () => {
    expect(maskKey({ kind: 'given' }, text)).toBe('mk_live_...');
  });
});

describe('parseKey', () => {
  it('takes any text without throwing', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300, unit: 'binary' }), (text) => {
        parseKey(text);
      }),
    );
  });
});

describe('isSameKey', () => {
  it('knows the key under the pepper it was hashed with, and no other key', () => {
    fc.assert(
      fc.property(issued, issued, (key, other) => {
        const stored = hashKey(key.text, pepper);
        return isSameKey(key.text, stored, pepper) && !isSameKey(other.text, stored, pepper);
      }),
    );
  });

  it('says no when nothing is stored, and under another pepper', () => {
    const { text } = createKey('isage');
    expect(isSameKey(text, undefined, pepper)).toBe(false);
    expect(isSameKey(text, hashKey(text, pepper), otherPepper)).toBe(false);
    expect(isSameKey(text, { ...hashKey(text, pepper), pepperVersion: 9 }, pepper)).toBe(false);
  });

  it('still knows the keys of an earlier pepper after a new one came', () => {
    const { text } = createKey('mk_live');
    const both = parsePepper(
      `v2:${Buffer.alloc(32, 2).toString('base64url')},v1:${Buffer.alloc(32, 1).toString('base64url')}`,
    );
    expect(isSameKey(text, hashKey(text, pepper), both)).toBe(true);
    expect(hashKey(text, both).pepperVersion).toBe(2);
  });
});

describe('randomBase62', () => {
  it('uses all 62 characters about equally often', () => {
    const counts = new Map<string, number>();
    for (const character of randomBase62(62_000)) counts.set(character, (counts.get(character) ?? 0) + 1);
    expect(counts.size).toBe(62);
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(250);
  });
});
