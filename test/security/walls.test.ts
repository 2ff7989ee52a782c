import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createKey, hashKey, isSameKey } from '../../platform/tenancy/keys.ts';
import { parsePepper } from '../../platform/tenancy/pepper.ts';

const root = join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const sourcesIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));

describe('the wall between tenants in ClickHouse', () => {
  it('is passed by every read of the API: one function alone asks the engine', () => {
    const asking = sourcesIn('query-api').filter((file) => /\bclickhouse\s*\.(select|command|insert)/.test(read(file)));
    expect(asking).toEqual(['query-api/store.ts']);
  });
});

describe('the comparison of keys', () => {
  const pepper = parsePepper(`v1:${Buffer.alloc(32, 1).toString('base64url')}`);

  it('takes the same steps for a wrong key, an unknown id and an unknown pepper', () => {
    const { text } = createKey('mk_live');
    expect(isSameKey(text, hashKey(text, pepper), pepper)).toBe(true);
    expect(isSameKey(text, undefined, pepper)).toBe(false);
    expect(isSameKey(text, { ...hashKey(text, pepper), pepperVersion: 2 }, pepper)).toBe(false);
    // One comparison for all of them, in constant time, of hashes of equal length; what there is none of has a hash nobody has.
    const source = read('platform/tenancy/keys.ts');
    const body = source.slice(
      source.indexOf('export function isSameKey'),
      source.indexOf('/** The beginning of a key'),
    );
    expect(body.match(/timingSafeEqual\(hmacOf\(/g)).toHaveLength(1);
    expect(body).toContain('nobodysHmac');
    expect(body).not.toMatch(/\bif\b/);
  });

  it('is the only one there is: nothing compares hashes or secrets otherwise', () => {
    const otherwise = [...sourcesIn('platform'), ...sourcesIn('query-api'), ...sourcesIn('ingest')].filter((file) =>
      /(hmac|secret|signature)\w*\s*===?\s*\w*(hmac|secret|signature)|(hmac|secret|signature)\w*\.(equals|compare)\(/i.test(
        read(file),
      ),
    );
    expect(otherwise).toEqual([]);
  });
});
