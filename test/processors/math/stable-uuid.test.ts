import { expect, it } from 'vitest';
import { stableUuid } from '../../../processors/math/stable-uuid.ts';

it('is a UUID of the free form, the same for the same texts', () => {
  expect(stableUuid('case', 'org_acme', 17)).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  expect(stableUuid('case', 'org_acme', 17)).toBe(stableUuid('case', 'org_acme', '17'));
  // What the log holds already has this name: it must never change.
  expect(stableUuid('case', 'org_acme', 17)).toBe('028ba185-fc69-85a6-b35e-6d281f57b205');
});

it('differs where texts differ, and where they are cut otherwise', () => {
  expect(stableUuid('ab', 'c')).not.toBe(stableUuid('a', 'bc'));
  const ids = new Set<string>();
  const tails = new Set<string>();
  for (let number = 0; number < 200_000; number++) {
    const id = stableUuid('stage', 'org_acme', 'P2P', `case-${number % 2_000}`, Math.floor(number / 2_000));
    ids.add(id);
    tails.add(id.slice(-8));
  }
  expect(ids.size).toBe(200_000);
  // Of 200,000 words of 32 bits about 5 fall together by chance.
  expect(tails.size).toBeGreaterThan(199_970);
});
