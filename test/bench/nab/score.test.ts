import { expect, it } from 'vitest';
import { scoreAlerts, valueRows } from '../../../bench/nab/score.ts';

const times = Float64Array.from({ length: 1000 }, (_, row) => row);
const values = valueRows({
  name: 'x',
  times,
  values: times,
  windows: [
    [400, 499],
    [700, 799],
  ],
});
const alertsAt = (...rows: number[]) => [Uint8Array.from(times, (row) => (rows.includes(row) ? 1 : 0))];

it('no alert scores 0, and one at the first row of each window 100', () => {
  expect(scoreAlerts([values], alertsAt()).score).toBe(0);
  expect(scoreAlerts([values], alertsAt(400, 700))).toEqual({ score: 100, found: 2, windows: 2, falseAlerts: 0 });
});

it('the best alert in a window counts, the earlier the more', () => {
  const early = scoreAlerts([values], alertsAt(410, 490)).score;
  expect(early).toBe(scoreAlerts([values], alertsAt(410)).score);
  expect(early).toBeGreaterThan(scoreAlerts([values], alertsAt(490)).score);
});

it('an alert outside costs 0.11 of a window, little shortly after one, nothing in the probation', () => {
  expect(scoreAlerts([values], alertsAt(300)).score).toBeCloseTo((-100 * 0.11) / 4, 5);
  expect(scoreAlerts([values], alertsAt(501)).score).toBeGreaterThan((-100 * 0.02) / 4);
  expect(scoreAlerts([values], alertsAt(149))).toMatchObject({ score: 0, falseAlerts: 0 });
});
