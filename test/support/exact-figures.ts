import { max, mean, min, quantileSorted } from 'simple-statistics';
import { expect } from 'vitest';

export interface ShownFigures {
  count: number;
  avg: number;
  p50: number;
  p95: number;
  min: number;
  max: number;
  slaCompliance: number | null;
}

export interface Sample {
  value: number;
  slaTarget?: number;
}

const AVG_TOLERANCE = 1e-9;
const SKETCH_TOLERANCE = 0.01;

/** Asserts that what the API shows of a group is what the samples say: exact, averages to 1e-9, percentiles to 1 % of a neighbouring rank. */
export function expectFigures(shown: ShownFigures, samples: readonly Sample[]): void {
  const values = samples.map(({ value }) => value).sort((a, b) => a - b);
  expect(shown.count).toBe(values.length);
  expect([shown.min, shown.max]).toEqual([min(values), max(values)]);
  const exact = mean(values);
  expect(Math.abs(shown.avg - exact)).toBeLessThanOrEqual(AVG_TOLERANCE * Math.abs(exact));
  expectQuantile(shown.p50, values, 0.5);
  expectQuantile(shown.p95, values, 0.95);
  const targeted = samples.filter(({ slaTarget }) => slaTarget !== undefined);
  const met = targeted.filter(({ value, slaTarget = 0 }) => value <= slaTarget);
  const compliance = targeted.length === 0 ? null : Number((met.length / targeted.length).toFixed(4));
  expect(shown.slaCompliance).toBe(compliance);
}

// A rank between two values has no one answer: anything from the lower to the upper neighbour is right.
function expectQuantile(shown: number, sorted: readonly number[], level: number): void {
  const step = 1 / sorted.length;
  const low = quantileSorted([...sorted], Math.max(0, level - step));
  const high = quantileSorted([...sorted], Math.min(1, level + step));
  expect(shown).toBeGreaterThanOrEqual(low * (1 - SKETCH_TOLERANCE));
  expect(shown).toBeLessThanOrEqual(high * (1 + SKETCH_TOLERANCE));
}
