import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { segmentParams, sourcesAlignedWith, splitRange } from '../../query-api/segments.ts';

const MINUTE = 60_000;
const UNITS = { days: 1440 * MINUTE, hours: 60 * MINUTE, minutes: MINUTE, raw: 1 };
const instant = fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) });
const range = fc.oneof(
  fc.tuple(instant, instant),
  fc
    .tuple(instant, fc.integer({ min: 0, max: 3 * UNITS.days }))
    .map(([from, length]) => [from, from + length] as const),
);

describe('the segments of a range', () => {
  it('are disjoint, cover exactly the range, and consist of whole cells of their source', () => {
    fc.assert(
      fc.property(range, ([from, to]) => {
        const segments = splitRange({ from, to });
        let reached = from;
        for (const segment of segments) {
          expect(segment.from).toBe(reached);
          expect(segment.to).toBeGreaterThan(segment.from);
          expect(segment.from % UNITS[segment.source] || segment.to % UNITS[segment.source]).toBe(0);
          reached = segment.to;
        }
        expect(reached).toBe(Math.max(from, segments.length === 0 ? from : to));
        expect(segments.length === 0).toBe(from >= to);
      }),
    );
  });

  it('use every source at most twice and leave less than a cell to each finer one', () => {
    fc.assert(
      fc.property(range, ([from, to]) => {
        const segments = splitRange({ from, to });
        const coarser = { hours: UNITS.days, minutes: UNITS.hours, raw: UNITS.minutes };
        for (const [source, unit] of Object.entries(coarser)) {
          const own = segments.filter((segment) => segment.source === source);
          expect(own.length).toBeLessThanOrEqual(2);
          // One segment without a coarser neighbour may reach across a boundary, yet holds no whole coarser cell.
          for (const segment of own) expect(segment.to - segment.from).toBeLessThan(2 * unit);
        }
      }),
    );
  });

  it('cover the same range when the coarse sources may not be used', () => {
    fc.assert(
      fc.property(range, ([from, to]) => {
        const segments = splitRange({ from, to }, ['hours', 'raw']);
        const covered = segments.reduce((sum, segment) => sum + segment.to - segment.from, 0);
        expect(covered).toBe(Math.max(0, to - from));
        expect(segments.every(({ source }) => source === 'hours' || source === 'raw')).toBe(true);
      }),
    );
  });

  it('stay within what the stores can hold', () => {
    const [only, ...rest] = splitRange({ from: Date.UTC(1, 0, 1), to: Date.UTC(9999, 0, 1) });
    expect([only, rest]).toEqual([{ source: 'days', from: 0, to: Date.UTC(2106, 1, 7) }, []]);
    expect(splitRange({ from: -5, to: -1 })).toEqual([]);
  });

  it('become parameters, two ranges for every source', () => {
    const params = segmentParams(splitRange({ from: Date.UTC(2026, 0, 1, 23, 59, 30), to: Date.UTC(2026, 0, 3, 1) }));
    expect(Object.keys(params)).toHaveLength(16);
    expect(params).toMatchObject({
      raw_from_1: new Date('2026-01-01T23:59:30Z'),
      raw_to_1: new Date('2026-01-02T00:00:00Z'),
      days_from_1: new Date('2026-01-02T00:00:00Z'),
      days_to_1: new Date('2026-01-03T00:00:00Z'),
      hours_from_1: new Date('2026-01-03T00:00:00Z'),
      hours_to_1: new Date('2026-01-03T01:00:00Z'),
      minutes_from_2: new Date(0),
      minutes_to_2: new Date(0),
    });
  });
});

describe('sources', () => {
  it('are those whose cells no boundary cuts', () => {
    expect(sourcesAlignedWith([Date.UTC(2026, 0, 1)])).toEqual(['days', 'hours', 'minutes', 'raw']);
    expect(sourcesAlignedWith([Date.UTC(2026, 0, 1, 5)])).toEqual(['hours', 'minutes', 'raw']);
    expect(sourcesAlignedWith([Date.UTC(2026, 0, 1), Date.UTC(2026, 0, 1, 18, 30)])).toEqual(['minutes', 'raw']);
    expect(sourcesAlignedWith([1_000])).toEqual(['raw']);
  });
});
