import fc from 'fast-check';
import { expect, it } from 'vitest';
import { REPRESENTATIVES, spreadHistogram } from '../../../processors/streams/spread-histogram.ts';

const none = { min: null, max: null, sum: null };

it('keeps the count of every bucket and stays within its bounds', () => {
  const histogram = fc
    .uniqueArray(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 1, maxLength: 20 })
    .map((bounds) => bounds.sort((a, b) => a - b))
    .chain((bounds) =>
      fc.record({
        bounds: fc.constant(bounds),
        counts: fc.array(fc.nat(5_000), { minLength: bounds.length + 1, maxLength: bounds.length + 1 }),
      }),
    );
  fc.assert(
    fc.property(histogram, ({ bounds, counts }) => {
      const { samples, weights } = spreadHistogram({ ...none, bounds }, counts);
      const found = counts.map(() => 0);
      for (const [index, sample] of samples.entries()) {
        // What has no upper end is at its lower one, which belongs to the bucket below.
        const bucket = bounds.findIndex((bound) => sample <= bound);
        found[bucket] = (found[bucket] ?? 0) + (weights[index] ?? 0);
      }
      const expected = [...counts];
      const open = expected.pop() ?? 0;
      expected[expected.length - 1] = (expected.at(-1) ?? 0) + open;
      expect(found.slice(0, -1)).toEqual(expected);
      expect(samples.length).toBeLessThanOrEqual(REPRESENTATIVES + 2 * counts.length);
      expect(weights.every((weight) => weight > 0)).toBe(true);
    }),
    { numRuns: 200 },
  );
});

it('believes extremes as far as they agree with the bounds', () => {
  const shape = { bounds: [10, 20], min: 4, max: 30, sum: null };
  const { samples } = spreadHistogram(shape, [10, 0, 10]);
  expect(Math.min(...samples)).toBeGreaterThanOrEqual(4);
  expect(Math.max(...samples)).toBeLessThanOrEqual(30);
  expect(samples.filter((sample) => sample > 10 && sample <= 20)).toEqual([]);
  expect(spreadHistogram({ ...shape, min: 15, max: 5 }, [1, 0, 1]).weights).toEqual([1, 1]);
});

it('is the mean where there are no bounds', () => {
  expect(spreadHistogram({ ...none, bounds: [], sum: 30 }, [4])).toEqual({ samples: [7.5], weights: [4] });
  expect(spreadHistogram({ ...none, bounds: [1] }, [0, 0])).toEqual({ samples: [], weights: [] });
});
