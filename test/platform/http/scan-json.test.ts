import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_JSON_DEPTH, MAX_JSON_KEYS } from '../../../platform/http/body-limits.ts';
import { scanJson } from '../../../platform/http/scan-json.ts';

const scan = (text: string) => scanJson(Buffer.from(text));
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const objectWithKeys = (count: number) =>
  JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, index])));

/** What the scan should find, told by the parsed value. */
function defectOf(value: unknown, depth = 1, isConstructor = false): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const keys = Array.isArray(value) ? [] : Object.keys(value);
  if (depth > MAX_JSON_DEPTH) return 'too_deep';
  if (keys.length > MAX_JSON_KEYS) return 'too_many_keys';
  if (keys.includes('__proto__') || (isConstructor && keys.includes('prototype'))) return 'forbidden_key';
  return Object.entries(value)
    .map(([key, item]) => defectOf(item, depth + 1, !Array.isArray(value) && key === 'constructor'))
    .find((defect) => defect !== undefined);
}

describe('scanJson', () => {
  it('lets pass every JSON text that a plain walk over the parsed value finds harmless, and no other', () => {
    const key = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'prototype', 'timestamp', 'a":{"b'));
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 20 },
        fc.string({ unit: 'binary' }),
        fc.double(),
        fc.boolean(),
        tie('list'),
        tie('map'),
      ),
      list: fc.array(tie('tree'), { maxLength: 4 }),
      map: fc.array(fc.tuple(key, tie('tree')), { maxLength: 70 }).map((entries) => Object.fromEntries(entries)),
    }));
    const indent = fc.constantFrom(undefined, 1, '\t');
    fc.assert(
      fc.property(tree, indent, (value, space) => {
        const text = JSON.stringify(value, null, space);
        expect(scan(text) === undefined).toBe(defectOf(JSON.parse(text)) === undefined);
      }),
      { numRuns: 500 },
    );
  });

  it('takes no object for the value of a constructor key that has another one', () => {
    expect(scan('[[{"constructor":""}],{"prototype":""}]')).toBeUndefined();
    expect(scan('{"constructor":{"prototype":""}}')).toBe('forbidden_key');
  });

  it('never throws and ends on any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void scanJson(bytes)));
    const fragments = fc.constantFrom('{', '}', '[', ']', ':', ',', '"', '\\', '\\u', '"__proto__"', 'a', '1');
    fc.assert(fc.property(fc.array(fragments, { maxLength: 60 }), (parts) => void scan(parts.join(''))));
  });

  it('allows 16 levels and refuses the 17th', () => {
    expect(scan(nested(MAX_JSON_DEPTH))).toBeUndefined();
    expect(scan(nested(MAX_JSON_DEPTH + 1))).toBe('too_deep');
    expect(scan('{"a":'.repeat(17))).toBe('too_deep');
  });

  it('refuses a million levels at the 17th, without reading on', () => {
    const bomb = Buffer.from('['.repeat(1_000_000));
    const startedAt = performance.now();
    expect(scanJson(bomb)).toBe('too_deep');
    expect(performance.now() - startedAt).toBeLessThan(10);
  });

  it('allows 64 keys in one object and refuses the 65th, also when keys repeat', () => {
    expect(scan(objectWithKeys(MAX_JSON_KEYS))).toBeUndefined();
    expect(scan(objectWithKeys(MAX_JSON_KEYS + 1))).toBe('too_many_keys');
    expect(scan(`{${'"a":1,'.repeat(64)}"a":1}`)).toBe('too_many_keys');
  });

  it('counts the keys of each object for itself', () => {
    const inner = objectWithKeys(MAX_JSON_KEYS);
    expect(scan(`{"a":${inner},"b":[${inner},${inner}],"c":${inner}}`)).toBeUndefined();
    expect(scan(`{"z":${inner},${objectWithKeys(MAX_JSON_KEYS).slice(1)}`)).toBe('too_many_keys');
  });

  it('does not limit the elements of an array', () => {
    expect(scan(JSON.stringify(Array.from({ length: 5_000 }, (_, index) => ({ index }))))).toBeUndefined();
  });

  it.each([
    ['plain', '{"__proto__":1}'],
    ['with blanks before the colon', '{"__proto__" \n : 1}'],
    ['written with an escape', '{"\\u005f_proto__":1}'],
    [
      'written with escapes only',
      `{"${[...'__proto__'].map((c) => `\\u00${c.charCodeAt(0).toString(16)}`).join('')}":1}`,
    ],
    ['deep inside', '{"a":[{"b":{"__proto__":{"x":1}}}]}'],
    ['as the prototype of a constructor', '{"constructor":{"prototype":{"x":1}}}'],
    ['as the prototype of a constructor, after another key', '{"constructor" : {"a":{"b":1},"prototype":2}}'],
    ['as an escaped prototype of an escaped constructor', '{"\\u0063onstructor":{"prototyp\\u0065":1}}'],
  ])('refuses a key that reaches a prototype, %s', (_name, text) => {
    expect(scan(text)).toBe('forbidden_key');
  });

  it.each([
    '{"a":"__proto__"}',
    '["__proto__"]',
    '{"constructor":"McLaren"}',
    '{"constructor":1,"x":{"prototype":2}}',
    '{"constructor":[{"prototype":2}]}',
    '{"prototype":{"constructor":1}}',
    '{"a\\"__proto__":1}',
    '{"timestamp":1,"metricType":"x"}',
  ])('lets pass the same words where they are harmless: %s', (text) => {
    expect(scan(text)).toBeUndefined();
  });
});
