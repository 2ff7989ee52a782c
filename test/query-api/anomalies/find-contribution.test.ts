import { expect, it } from 'vitest';
import { type DimensionValue, strongest } from '../../../query-api/anomalies/find-contribution.ts';

const row = (name: string, figures: Partial<DimensionValue> = {}): DimensionValue => {
  const [dimension = '', value = ''] = name.split('=');
  return { dimension, value, count: 50, sum: 500, usualCount: 1_000, usualSum: 10_000, ...figures };
};

it('the value that departs from its usual mean stands out, in whatever dimension', () => {
  const found = strongest([
    row('channel=fax', { sum: 5_000 }),
    row('channel=web'),
    row('region=EU', { sum: 2_800 }),
    row('region=US', { sum: 2_700 }),
  ]);
  expect(found).toEqual({ dimension: 'channel', value: 'fax', share: 1, count: 50, mean: 100, usual_mean: 10 });
});

it('none stands out where all depart alike, or there is only one', () => {
  expect(strongest([row('channel=fax', { sum: 5_000 }), row('channel=web', { sum: 5_000 })])).toBeNull();
  expect(strongest([row('channel=fax', { sum: 5_000 })])).toBeNull();
  expect(strongest([])).toBeNull();
});

it('a value that is new is held against what is usual for all', () => {
  const fresh = row('channel=api', { sum: 5_000, usualCount: 0, usualSum: 0 });
  expect(strongest([fresh, row('channel=web')])).toMatchObject({ value: 'api', usual_mean: 10 });
});

it('a dimension of which nothing was known says nothing', () => {
  expect(
    strongest([row('channel=api', { usualCount: 0, usualSum: 0 }), row('channel=web', { usualCount: 0, usualSum: 0 })]),
  ).toBeNull();
});
