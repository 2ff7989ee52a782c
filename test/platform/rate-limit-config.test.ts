import { describe, expect, it } from 'vitest';
import { MAX_RATE_LIMIT, parseRateLimits } from '../../platform/rate-limit-config.ts';

describe('TIDEMARK_RATE_LIMITS', () => {
  it('switches the limits on and off, or sets some of them', () => {
    expect(parseRateLimits('on')).toBe(true);
    expect(parseRateLimits('off')).toBe(false);
    expect(parseRateLimits('ingest=20000, admin=1')).toEqual({ ingest: 20_000, admin: 1 });
    expect(parseRateLimits(`query=${MAX_RATE_LIMIT}`)).toEqual({ query: MAX_RATE_LIMIT });
  });

  it.each([
    'maybe',
    '',
    'query',
    'query=0',
    'query=-1',
    'query=1e3',
    'other=5',
    'query=1,query=2',
    'query=1,',
    `query=${MAX_RATE_LIMIT + 1}`,
  ])('refuses %j', (text) => expect(parseRateLimits(text)).toBeUndefined());
});
