import { expect, it } from 'vitest';
import { createRandom } from '../../../bench/support/random.ts';
import { TAIL_SLOTS } from '../../../platform/detection/detector-state.ts';
import { initTail, learnTail, refreshTail, scoreTail } from '../../../platform/detection/tail-model.ts';

const random = createRandom('tail');

/** Scores of evidence, each told before it is learned. */
function scoresOf(count: number, draw: () => number): number[] {
  const slots = new Float32Array(TAIL_SLOTS);
  initTail(slots, 0);
  return Array.from({ length: count }, (_, index) => {
    if (index % 64 === 0) refreshTail(slots, 0);
    const strength = draw();
    const score = scoreTail(slots, 0, strength);
    learnTail(slots, 0, { strength, score });
    return score;
  });
}

it.each([
  ['of normal deviations', () => Math.abs(random.normal())],
  ['of exponential size', () => -Math.log(1 - random.next())],
  ['three times as large', () => 3 * Math.abs(random.normal())],
  ['with a heavy tail', () => (1 - random.next()) ** -0.5 - 1],
])('a score of 2 is one point in a hundred or fewer, for evidence %s', (_, draw) => {
  const later = scoresOf(20_000, draw).slice(5000);
  const share = later.filter((score) => score >= 2).length / later.length;
  expect(share).toBeGreaterThan(0.001);
  expect(share).toBeLessThan(0.014);
});

it('stronger evidence has no lower score, and none is below 0 or infinite', () => {
  const slots = new Float32Array(TAIL_SLOTS);
  initTail(slots, 0);
  const scores = [0, 1e-9, 0.1, 1, 2, 5, 10, 1e3, 1e9].map((strength) => scoreTail(slots, 0, strength));
  expect(scores).toEqual([...scores].sort((a, b) => a - b));
  expect(scores[0]).toBe(0);
  expect(scores.every(Number.isFinite)).toBe(true);
});

it('outliers hardly change what is rare', () => {
  const slots = new Float32Array(TAIL_SLOTS);
  initTail(slots, 0);
  for (let index = 0; index < 2000; index++) learnTail(slots, 0, { strength: Math.abs(random.normal()), score: 0 });
  refreshTail(slots, 0);
  const before = scoreTail(slots, 0, 50);
  for (let index = 0; index < 50; index++) learnTail(slots, 0, { strength: 50, score: before });
  refreshTail(slots, 0);
  expect(scoreTail(slots, 0, 50)).toBeGreaterThan(2);
});
