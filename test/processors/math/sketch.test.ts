import fc from 'fast-check';
import { quantileSorted } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import { BinCounts } from '../../../processors/math/bin-counts.ts';
import {
  binOf,
  MAX_BIN,
  MAX_MAGNITUDE,
  MIN_MAGNITUDE,
  middleOf,
  RELATIVE_ERROR,
} from '../../../processors/math/log-bins.ts';

const magnitudes = fc.double({ min: MIN_MAGNITUDE, max: MAX_MAGNITUDE, noNaN: true });
const values = fc.oneof(
  magnitudes,
  magnitudes.map((value) => -value),
  fc.constant(0),
);
const tolerance = RELATIVE_ERROR + 1e-9;

function sketchOf(list: readonly number[]): BinCounts {
  const counts = new BinCounts();
  for (const value of list) counts.add(binOf(value), 1);
  return counts;
}

describe('bins', () => {
  it('stand for values within the relative error', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(Math.abs(middleOf(binOf(value)) - value)).toBeLessThanOrEqual(tolerance * Math.abs(value));
      }),
      { numRuns: 2_000 },
    );
  });

  it('are in the order of their values', () => {
    fc.assert(fc.property(values, values, (a, b) => a > b || binOf(a) <= binOf(b)));
  });

  it('are bounded: what is tiny is zero, what is huge is the largest', () => {
    expect(binOf(MIN_MAGNITUDE / 2)).toBe(0);
    expect(binOf(-Number.MIN_VALUE)).toBe(0);
    expect(binOf(Number.MAX_VALUE)).toBe(MAX_BIN);
    expect(binOf(-Number.MAX_VALUE)).toBe(-MAX_BIN);
    expect(MAX_BIN).toBe(3_110);
  });
});

describe('counts by bin', () => {
  it('give quantiles within the relative error of the exact ones between the samples', () => {
    const shares = [0, 0.1, 0.5, 0.9, 0.95, 0.99, 1];
    fc.assert(
      fc.property(fc.array(magnitudes, { minLength: 1, maxLength: 300 }), (list) => {
        const sorted = Float64Array.from(list).sort();
        const found = sketchOf(list).quantiles(shares);
        for (const [index, share] of shares.entries()) {
          const exact = interpolated(sorted, share);
          expect(Math.abs((found[index] ?? Number.NaN) - exact)).toBeLessThanOrEqual(tolerance * exact);
        }
      }),
    );
  });

  it('give the quantiles of simple-statistics where these are samples', () => {
    fc.assert(
      fc.property(
        fc.array(values, { minLength: 1, maxLength: 99 }).filter(({ length }) => length % 2 === 1),
        (list) => {
          const exact = quantileSorted(
            list.toSorted((a, b) => a - b),
            0.5,
          );
          const [median = Number.NaN] = sketchOf(list).quantiles([0.5]);
          expect(Math.abs(median - exact)).toBeLessThanOrEqual(tolerance * Math.abs(exact));
        },
      ),
    );
  });

  it('are the same in any order, and after others were added and taken out again', () => {
    const shares = [0.5, 0.9, 0.99];
    fc.assert(
      fc.property(fc.array(values, { minLength: 1 }), fc.array(values), (list, others) => {
        const counts = sketchOf([...others, ...list.toReversed()]);
        for (const value of others) counts.add(binOf(value), -1);
        expect(counts.total).toBe(list.length);
        expect(counts.quantiles(shares)).toEqual(sketchOf(list).quantiles(shares));
      }),
    );
  });

  it('have no quantiles when there is nothing', () => {
    expect(new BinCounts().quantiles([0.5])).toEqual([Number.NaN]);
  });
});

/** The exact quantile between the two samples next to its rank. */
function interpolated(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1);
  const low = sorted[Math.floor(position)] ?? 0;
  const high = sorted[Math.ceil(position)] ?? 0;
  return low + (high - low) * (position - Math.floor(position));
}
