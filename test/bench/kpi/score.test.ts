import { expect, it } from 'vitest';
import { countParts, f1At, learnThreshold } from '../../../bench/kpi/score.ts';
import { parseKpi } from '../../../bench/kpi/series.ts';

function seriesOf(labels: number[], scores: number[], times = labels.map((_, index) => index)) {
  return countParts({
    times: Float64Array.from(times),
    labels: Uint8Array.from(labels),
    scores: Float64Array.from(scores),
  });
}

it('a segment counts with all its points when it is flagged within eight points', () => {
  const labels = [0, ...new Array(10).fill(1)];
  const flagged = (index: number) => labels.map((_, at) => (at === index ? 1 : 0));
  expect(f1At([seriesOf(labels, flagged(8))], 1)).toEqual({ f1: 1, precision: 1, recall: 1 });
  expect(f1At([seriesOf(labels, flagged(9))], 1).recall).toBe(0);
});

it('a gap in the times ends a segment', () => {
  expect(seriesOf([1, 1, 1], [1, 0, 0], [0, 1, 5]).segments).toEqual([
    { score: 1, points: 2 },
    { score: 0, points: 1 },
  ]);
});

it('the threshold is that of the best F1', () => {
  const parts = [seriesOf([0, 1, 0, 1, 0], [0.5, 3, 1, 2, 0.7])];
  expect(learnThreshold(parts)).toBe(2);
  expect(f1At(parts, 0.7).precision).toBe(0.5);
});

it('rows are read as milliseconds, values and labels', () => {
  expect(parseKpi('timestamp,value,label\r\n60,1.5,0\n120,-2,1\n')).toEqual({
    times: Float64Array.of(60_000, 120_000),
    values: Float64Array.of(1.5, -2),
    labels: Uint8Array.of(0, 1),
  });
});
