import { describe, expect, it } from 'vitest';
import { overQuota, PLANS, quotasOf } from '../../../platform/limits/plans.ts';

describe('a plan', () => {
  it('says what a tenant may have, and without one there is no limit', () => {
    expect(quotasOf({ plan: 'free' })).toEqual({
      services: 5,
      eventsAMonth: 1_000_000,
      keys: 10,
      valuesPerDimension: 100,
    });
    expect(quotasOf({ plan: 'pro' })).toMatchObject({
      services: 100,
      eventsAMonth: 100_000_000,
      keys: 100,
      valuesPerDimension: 500,
    });
    for (const plan of [null, 'enterprise', 'of another age', 'constructor'])
      expect(Object.values(quotasOf({ plan }))).toEqual([null, null, null, null]);
  });

  it.each([
    ['services', 'service_limit_exceeded'],
    ['eventsAMonth', 'event_limit_exceeded'],
    ['keys', 'key_limit_exceeded'],
  ] as const)('refuses more %s with 403 %s', (quota, code) => {
    const limit = PLANS.free?.[quota] ?? 0;
    expect(overQuota(quota, { plan: 'free' }, limit)).toBeUndefined();
    expect(overQuota(quota, { plan: 'free' }, limit + 1)).toMatchObject({ statusCode: 403, code });
    expect(overQuota(quota, { plan: null }, Number.MAX_SAFE_INTEGER)).toBeUndefined();
  });

  it('is named in the refusal with its limit', () => {
    const text = "The plan 'free' of the organization is limited to 5 services.";
    expect(overQuota('services', { plan: 'free' }, 6)?.message).toBe(text);
  });
});
