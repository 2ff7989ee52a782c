import { max, mean, median, min } from 'simple-statistics';
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

// A rank between two samples has no one answer: anything from the one to the other is right.
function expectQuantile(shown: number, sorted: readonly number[], level: number): void {
  const position = level * (sorted.length - 1);
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  expect(shown).toBeGreaterThanOrEqual(below * (1 - SKETCH_TOLERANCE));
  expect(shown).toBeLessThanOrEqual(above * (1 + SKETCH_TOLERANCE));
  // The median has one answer for everybody.
  if (level === 0.5)
    expect(Math.abs(shown - median([...sorted]))).toBeLessThanOrEqual(SKETCH_TOLERANCE * median([...sorted]));
}
