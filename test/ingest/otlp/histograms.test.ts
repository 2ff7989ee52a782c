import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explicitShape, shapeOf } from '../../../ingest/otlp/histograms.ts';
import { OTLP_LIMITS } from '../../../ingest/otlp/otlp-limits.ts';
import type { ExponentialData } from '../../../ingest/otlp/otlp-model.ts';

const head = { attributes: {}, at: 1, startAt: 0, flags: 0, count: 0, sum: null, min: null, max: null };
const exponential = (fields: Partial<ExponentialData>): ExponentialData => ({
  ...head,
  ...{ scale: 0, zeroCount: 0, zeroThreshold: 0 },
  ...{ positive: { offset: 0, counts: [] }, negative: { offset: 0, counts: [] } },
  ...fields,
});

function explicit(data: ExponentialData, isCumulative = false) {
  const shape = explicitShape(data, isCumulative);
  if (typeof shape === 'string') throw new Error(shape);
  return shape;
}

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

describe('an exponential histogram', () => {
  it('has its zeros below the bound 0 when they have no width', () => {
    expect(explicit(exponential({ zeroCount: 3, positive: { offset: 0, counts: [2] } }))).toEqual({
      bounds: [0, 1, 2],
      counts: [3, 0, 2, 0],
    });
  });

  it('keeps ascending finite bounds and every count, whatever its scale and offsets', () => {
    const buckets = fc.record({
      offset: fc.integer({ min: -5_000, max: 5_000 }),
      counts: fc.array(fc.nat({ max: 1_000 }), { maxLength: 100 }),
    });
    const histograms = fc.record({
      scale: fc.integer({ min: -10, max: 20 }),
      zeroCount: fc.nat({ max: 100 }),
      zeroThreshold: fc.constantFrom(0, 1e-9, 1),
      ...{ positive: buckets, negative: buckets },
    });
    fc.assert(
      fc.property(histograms, fc.boolean(), (fields, isCumulative) => {
        const { bounds, counts } = explicit(exponential(fields), isCumulative);
        expect(counts).toHaveLength(bounds.length + 1);
        expect(bounds.every((bound, index) => Number.isFinite(bound) && bound > (bounds[index - 1] ?? -Infinity))).toBe(
          true,
        );
        expect(total(counts)).toBe(total([...fields.positive.counts, ...fields.negative.counts, fields.zeroCount]));
      }),
    );
  });

  it('that is cumulative keeps its bounds while its values stay within their blocks', () => {
    const before = explicit(exponential({ scale: 3, positive: { offset: 5, counts: [1] } }), true);
    const after = explicit(
      exponential({ scale: 3, zeroCount: 1, positive: { offset: 2, counts: [1, 0, 0, 4, 1] } }),
      true,
    );
    expect(after.bounds).toEqual(before.bounds);
    expect(total(after.counts)).toBe(7);
  });

  it('has at most as many buckets as one may have, and only counts that can be', () => {
    const counts = Array.from({ length: OTLP_LIMITS.buckets }, () => 1);
    expect(explicitShape(exponential({ positive: { offset: 0, counts } }), false)).toBe('too_many_buckets');
    expect(explicitShape(exponential({ positive: { offset: 0, counts: [-1] } }), false)).toBe('bad_histogram');
    expect(explicitShape(exponential({ scale: Number.NaN }), false)).toBe('bad_histogram');
  });
});

describe('an explicit histogram', () => {
  it('without buckets is one bucket', () => {
    expect(shapeOf({ ...head, count: 4, bounds: [], counts: [] })).toEqual({ bounds: [], counts: [4] });
  });

  it('is refused when its bounds do not ascend, do not fit its counts, or are too many', () => {
    const shape = (bounds: number[], counts: number[]) => shapeOf({ ...head, bounds, counts });
    expect(shape([1, 1], [0, 0, 0])).toBe('bad_histogram');
    expect(shape([1], [0])).toBe('bad_histogram');
    expect(shape([Number.POSITIVE_INFINITY], [0, 0])).toBe('bad_histogram');
    expect(
      shape(
        [],
        Array.from({ length: OTLP_LIMITS.buckets + 1 }, () => 0),
      ),
    ).toBe('too_many_buckets');
  });
});
