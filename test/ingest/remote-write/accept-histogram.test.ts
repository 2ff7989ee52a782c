import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acceptHistogram, MAX_SIDE_BUCKETS, SCHEMAS } from '../../../ingest/remote-write/accept-histogram.ts';
import type { BucketSide, NativeHistogram } from '../../../ingest/remote-write/write-request.ts';

const AT = Date.UTC(2026, 2, 18, 10, 30);

/** A side whose only buckets are these, with the counts given. */
function sideOf(buckets: Readonly<Record<number, number>>): BucketSide {
  const ascending = Object.entries(buckets).sort(([a], [b]) => Number(a) - Number(b));
  let next = 0;
  const spans = ascending.map(([bucket]) => {
    const span = { offset: Number(bucket) - next, length: 1 };
    next = Number(bucket) + 1;
    return span;
  });
  return { spans, deltas: [], counts: ascending.map(([, count]) => count) };
}

const histogramOf = (fields: Partial<NativeHistogram>): NativeHistogram => ({
  at: AT,
  startAt: 0,
  sum: 1,
  schema: 0,
  zeroThreshold: 0,
  zeroCount: 0,
  positive: sideOf({}),
  negative: sideOf({}),
  customValues: [],
  isGauge: false,
  isStale: false,
  ...fields,
});

/** Counts by the upper bound of their bucket, where there are any. */
function countsOf(fields: Partial<NativeHistogram>): Record<string, number> | undefined {
  const point = acceptHistogram(histogramOf(fields));
  if (point === undefined) return undefined;
  const { bounds, counts } = point;
  return Object.fromEntries(
    counts.map((count, n) => [String(bounds[n] ?? 'above'), count] as const).filter(([, count]) => count > 0),
  );
}

describe('a native histogram', () => {
  it('has its counts under the bounds of their buckets', () => {
    const positive = sideOf({ 1: 4, 3: 5 });
    const negative = sideOf({ 0: 2, 2: 1 });
    expect(countsOf({ positive, negative, zeroCount: 3, zeroThreshold: 0.25 })).toEqual({
      '-2': 1,
      '-0.5': 2,
      '0.25': 3,
      '2': 4,
      '8': 5,
    });
    expect(countsOf({ schema: 1, positive: sideOf({ 2: 1, 4: 1 }) })).toEqual({ '2': 1, '4': 1 });
    expect(countsOf({ schema: -1, positive: sideOf({ 1: 1, 2: 1 }) })).toEqual({ '4': 1, '16': 1 });
  });

  it('may have its counts as differences', () => {
    const positive = {
      spans: [
        { offset: 0, length: 2 },
        { offset: 1, length: 1 },
      ],
      deltas: [5, -3, 1],
      counts: [],
    };
    expect(countsOf({ positive })).toEqual({ '1': 5, '2': 2, '8': 3 });
  });

  it('keeps its bounds while more of its buckets are used', () => {
    const boundsOf = (positive: BucketSide) => acceptHistogram(histogramOf({ schema: 3, positive }))?.bounds;
    expect(boundsOf(sideOf({ 2: 1 }))).toEqual(boundsOf(sideOf({ 1: 3, 2: 1, 8: 5 })));
  });

  it('with custom buckets has these', () => {
    const customValues = [-1, 2.5, 10];
    const custom = { schema: SCHEMAS.custom, customValues };
    expect(countsOf({ ...custom, positive: sideOf({ 0: 1, 2: 4, 3: 5 }) })).toEqual({ '-1': 1, '10': 4, above: 5 });
    expect(countsOf({ ...custom, positive: sideOf({ 4: 1 }) })).toBeUndefined();
    expect(countsOf({ ...custom, customValues: [2, 1] })).toBeUndefined();
  });

  it('loses no count and no order, whatever its range', () => {
    const side = fc
      .dictionary(fc.integer({ min: -4_000, max: 4_000 }).map(String), fc.nat({ max: 1_000 }), { maxKeys: 30 })
      .map((buckets) => sideOf(buckets));
    const native = fc
      .record({ positive: side, negative: side, schema: fc.integer({ min: 2, max: 8 }), zeroCount: fc.nat(9) })
      .map(histogramOf);
    fc.assert(
      fc.property(native, (histogram) => {
        const { positive, negative, zeroCount } = histogram;
        const point = acceptHistogram(histogram);
        const sent = [...positive.counts, ...negative.counts, zeroCount].reduce((sum, count) => sum + count, 0);
        expect(point?.counts.reduce((sum, count) => sum + count, 0)).toBe(sent);
        expect(point?.counts.length).toBe((point?.bounds.length ?? 0) + 1);
        expect(point?.bounds.length).toBeLessThanOrEqual(2 * (MAX_SIDE_BUCKETS + 2) + 2);
        expect(point?.bounds.every((bound, n) => n === 0 || bound > (point.bounds[n - 1] ?? 0))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it.each<[string, Partial<NativeHistogram>]>([
    ['a schema that is not known', { schema: 9 }],
    ['spans of more buckets than it has', { positive: { spans: [{ offset: 0, length: 2 }], deltas: [1], counts: [] } }],
    ['more buckets than its spans', { positive: { spans: [], deltas: [1], counts: [] } }],
    ['a count below zero', { positive: { spans: [{ offset: 0, length: 1 }], deltas: [-1], counts: [] } }],
    ['a count that is none', { positive: sideOf({ 0: Number.NaN }) }],
    ['a bucket no double is in', { positive: sideOf({ 9000000: 1 }) }],
    ['a bucket within its zero bucket', { zeroThreshold: 8, positive: sideOf({ 1: 1 }) }],
    ['a zero bucket of negative breadth', { zeroThreshold: -1 }],
  ])('is not taken with %s', (_case, fields) => {
    expect(acceptHistogram(histogramOf(fields))).toBeUndefined();
  });

  it('has no sum where that is no number', () => {
    expect(acceptHistogram(histogramOf({ sum: Number.NaN }))?.sum).toBeNull();
  });
});
