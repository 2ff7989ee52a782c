import { describe, expect, it } from 'vitest';
import {
  createRemoteKeySet,
  keySetLifeMs,
  rereadPauseMs,
  retryAfterFailureMs,
  staleKeySetLifeMs,
} from '../../../../platform/tenancy/jwt/remote-key-set.ts';
import { silentLog } from '../../../support/control-plane.ts';
import { createProvider } from '../../../support/jwts.ts';

const { keySet } = createProvider();
const withoutKeys = JSON.stringify({ keys: [] });

/** A key set over a document that the test changes, takes away and counts the readings of. */
function setUp() {
  const provider = { document: keySet as string | undefined, readings: 0, now: 1_000_000 };
  const read = async () => {
    provider.readings++;
    if (provider.document === undefined) throw new Error('away');
    return provider.document;
  };
  const find = createRemoteKeySet({ url: 'https://id.example/jwks', log: silentLog, now: () => provider.now, read });
  return { provider, find };
}

describe('a published key set', () => {
  it('is read when first needed, once for many who ask at the same time', async () => {
    const { provider, find } = setUp();
    expect(provider.readings).toBe(0);
    const found = await Promise.all(Array.from({ length: 100 }, () => find('RS256', 'k-RS256')));
    expect(found.every((key) => key?.algorithm === 'RS256')).toBe(true);
    expect(provider.readings).toBe(1);
  });

  it('is read again for an unknown key id, and not sooner than after half a minute however many are sent', async () => {
    const { provider, find } = setUp();
    provider.document = withoutKeys;
    expect(await find('RS256', 'k-RS256')).toBeUndefined();
    provider.document = keySet;
    for (let n = 0; n < 1_000; n++) expect(await find('RS256', `k-${n}`)).toBeUndefined();
    expect(provider.readings).toBe(1);
    provider.now += rereadPauseMs;
    expect(await find('RS256', 'k-RS256')).toBeDefined();
    expect(provider.readings).toBe(2);
  });

  it('is read again in the background when it is old, so that withdrawn keys end', async () => {
    const { provider, find } = setUp();
    await find('RS256', 'k-RS256');
    provider.document = withoutKeys;
    provider.now += keySetLifeMs + 1;
    expect(await find('RS256', 'k-RS256')).toBeDefined();
    await expect.poll(() => find('RS256', 'k-RS256')).toBeUndefined();
  });

  it('stays in force for a day while the provider is away, which is asked every few seconds at most', async () => {
    const { provider, find } = setUp();
    await find('RS256', 'k-RS256');
    provider.document = undefined;
    provider.now += staleKeySetLifeMs;
    for (let n = 0; n < 100; n++) expect(await find('RS256', 'k-RS256')).toBeDefined();
    expect(provider.readings).toBe(2);
    provider.now += 1;
    await expect(find('RS256', 'k-RS256')).rejects.toMatchObject({ statusCode: 503, code: 'unavailable' });
  });

  it.each([undefined, '{}', '[]', 'null', 'no JSON'])(
    'that cannot be read (%j) refuses as unavailable, and recovers',
    async (document) => {
      const { provider, find } = setUp();
      provider.document = document;
      await expect(find('RS256', 'k-RS256')).rejects.toMatchObject({ statusCode: 503 });
      provider.document = keySet;
      await expect(find('RS256', 'k-RS256')).rejects.toMatchObject({ statusCode: 503 });
      provider.now += retryAfterFailureMs;
      expect(await find('RS256', 'k-RS256')).toBeDefined();
    },
  );
});
