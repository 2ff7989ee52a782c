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

// Few enough measurements to be answered from the events: exact, but for the order of additions.
function expectQuantile(shown: number, sorted: readonly number[], level: number): void {
  const exact = quantileSorted([...sorted], level);
  expect(Math.abs(shown - exact)).toBeLessThanOrEqual(AVG_TOLERANCE * Math.abs(exact));
}
