import { expect, it } from 'vitest';
import { scoreOf, zOf } from '../../schemas/anomaly-score.ts';

it('the documented pair fits: z 4.2 has score 0.93', () => {
  expect(scoreOf(4.2)).toBeCloseTo(0.93, 2);
  expect(zOf(0.93)).toBe(4.2);
});

it.each([0, 0.5, 1, 3, 10, 50])('the z of the score of z %s is z', (z) => {
  expect(zOf(scoreOf(z))).toBeCloseTo(z, 2);
  expect(scoreOf(-z)).toBe(scoreOf(z));
});

it('both are finite for whatever comes', () => {
  const scores = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 1e308].map(scoreOf);
  expect(scores.every((score) => score >= 0 && score < 1)).toBe(true);
  expect([-1, 0, 1, 2].map(zOf).every((z) => Number.isFinite(z) && z >= 0)).toBe(true);
});
