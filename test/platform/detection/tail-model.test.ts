import { expect, it } from 'vitest';
import { createRandom } from '../../../bench/support/random.ts';
import { SLOT_COUNT, TAILS, type TailPlace } from '../../../platform/detection/detector-state.ts';
import { MAX_SUSTAINED } from '../../../platform/detection/evidence.ts';
import { initTail, learnTail, refreshTail, scoreTail } from '../../../platform/detection/tail-model.ts';

const random = createRandom('tail');
const [tail] = TAILS as [TailPlace];

/** Scores of evidence, each told before it is learned. */
function scoresOf(count: number, draw: () => number): number[] {
  const slots = new Float32Array(SLOT_COUNT);
  initTail(slots, tail);
  return Array.from({ length: count }, (_, index) => {
    if (index % 64 === 0) refreshTail(slots, tail);
    const strength = draw();
    const score = scoreTail(slots, tail, strength);
    learnTail(slots, tail, { strength, score });
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
  const slots = new Float32Array(SLOT_COUNT);
  initTail(slots, tail);
  const scores = [0, 1e-9, 0.1, 1, 2, 5, 10, 1e3, 1e9].map((strength) => scoreTail(slots, tail, strength));
  expect(scores).toEqual([...scores].sort((a, b) => a - b));
  expect(scores[0]).toBe(0);
  expect(scores.every(Number.isFinite)).toBe(true);
});

it('outliers hardly change what is rare', () => {
  const slots = new Float32Array(SLOT_COUNT);
  initTail(slots, tail);
  for (let index = 0; index < 2000; index++) learnTail(slots, tail, { strength: Math.abs(random.normal()), score: 0 });
  refreshTail(slots, tail);
  const before = scoreTail(slots, tail, 50);
  for (let index = 0; index < 50; index++) learnTail(slots, tail, { strength: 50, score: before });
  refreshTail(slots, tail);
  expect(scoreTail(slots, tail, 50)).toBeGreaterThan(2);
});

it('the models of all evidence lie beside each other, and a bounded one has bins enough for the strongest', () => {
  const slots = new Float32Array(SLOT_COUNT);
  for (const place of TAILS) initTail(slots, place);
  const before = TAILS.map((place) => scoreTail(slots, place, 3));
  expect(new Set(before).size).toBe(1);
  for (const [index, place] of TAILS.entries()) {
    const strength = index === 1 || index === 2 ? MAX_SUSTAINED : 1e9;
    for (let point = 0; point < 100; point++) learnTail(slots, place, { strength, score: 0 });
    refreshTail(slots, place);
    expect(TAILS.map((other) => scoreTail(slots, other, 3)).slice(index + 1)).toEqual(before.slice(index + 1));
  }
  const [, sustained] = TAILS as [TailPlace, TailPlace];
  expect(slots[sustained.at + 4 + 14]).toBeGreaterThanOrEqual(100);
});
