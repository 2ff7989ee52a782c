import { describe, expect, it } from 'vitest';
import { FRESH_TOTAL_MS, increaseSince, seriesId } from '../../../processors/streams/measure-series.ts';
import type { SeriesTotal } from '../../../processors/streams/series-totals.ts';
import { createMetricSeries } from '../../support/telemetry-batches.ts';

const last: SeriesTotal = { at: 1_000_000, startAt: 0, value: 10, counts: [], receivedAt: 0 };
const point = (value: number, at = 1_060_000, startAt = 0) => ({ at, startAt, value, counts: [] });

describe('the increase of a total', () => {
  it.each([
    ['grew', last, point(14), 4],
    ['stayed', last, point(10), 0],
    ['fell: it was reset', last, point(3), 3],
    ['began after the last one: it was reset', last, point(15, 1_060_000, 1_000_000), 15],
    ['is the first', undefined, point(15), null],
    ['is the first, of a start just before', undefined, point(15, 1_060_000, 1_060_000 - FRESH_TOTAL_MS), 15],
    ['is the first, of a start long ago', undefined, point(15, 1_060_000, 1_060_000 - FRESH_TOTAL_MS - 1), null],
    ['is the first, of a start nobody knows', undefined, point(15, 1_060_000, 1_060_000), null],
  ])('that %s', (...[, before, total, value]) => {
    expect(increaseSince(before, total)).toMatchObject({ value, carries: true });
  });

  it.each([point(12, 1_000_000), point(3, 999_999)])('out of order is none, and changes nothing', (total) => {
    expect(increaseSince(last, total)).toEqual({ value: null, counts: [], carries: false });
  });

  it('of a histogram is that of each bucket, and all of it after a reset', () => {
    const before = { ...last, value: 30, counts: [1, 2, 3] };
    const grown = { at: 2_000_000, startAt: 0, value: 25, counts: [1, 4, 3] };
    expect(increaseSince(before, grown)).toEqual({ value: -5, counts: [0, 2, 0], carries: true });
    expect(increaseSince(before, { ...grown, counts: [0, 4, 3] })).toMatchObject({ counts: [0, 4, 3], value: 25 });
  });
});

describe('the id of a series', () => {
  const series = createMetricSeries({ labels: { a: '1', b: '2' } });

  it('is that of its labels in any order, within 53 bits', () => {
    const id = seriesId('org_1', series);
    expect(seriesId('org_1', createMetricSeries({ labels: { b: '2', a: '1' } }))).toBe(id);
    expect(Number.isSafeInteger(id)).toBe(true);
    expect(id).toBe(4_197_956_513_127_475);
  });

  it('differs by tenant, name, label and buckets', () => {
    const ids = [
      seriesId('org_1', series),
      seriesId('org_2', series),
      seriesId('org_1', { ...series, metric: 'other' }),
      seriesId('org_1', { ...series, service: 'other' }),
      seriesId('org_1', { ...series, labels: { a: '1' } }),
      seriesId('org_1', series, [1, 2]),
      seriesId('org_1', series, [1, 3]),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });
});
