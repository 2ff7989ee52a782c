import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countBuckets, INTERVALS, type Interval, listBuckets, MAX_BUCKETS } from '../../query-api/buckets.ts';
import { findZone, formatInZone, startOfZoneDate, UTC, type Zone, zoneDateAt } from '../../schemas/zone.ts';

const DAY = 86_400_000;
const NAMES = [
  'UTC',
  'Asia/Kolkata',
  'America/New_York',
  'Australia/Lord_Howe',
  'Africa/Cairo',
  'America/Havana',
  'America/Sao_Paulo',
  'Pacific/Apia',
  'Asia/Kathmandu',
];
const zoneOf = (name: string): Zone => findZone(name) ?? expect.unreachable(name);
const dates = (from: string, to: string, { interval = 'day' as Interval, zone = 'UTC' } = {}) =>
  listBuckets({ from: Date.parse(from), to: Date.parse(to) }, interval, zoneOf(zone)).map(({ date }) => date);

describe('buckets', () => {
  it('are the days, ISO weeks and months a range touches', () => {
    expect(dates('2026-02-27T23:00:00Z', '2026-03-02T00:00:00.001Z')).toEqual([
      '2026-02-27',
      '2026-02-28',
      '2026-03-01',
      '2026-03-02',
    ]);
    const weeks = dates('2026-01-01T00:00:00Z', '2026-01-13T00:00:00Z', { interval: 'week' });
    expect(weeks).toEqual(['2025-12-29', '2026-01-05', '2026-01-12']);
    const months = dates('2025-12-31T23:00:00Z', '2026-02-01T00:00:00.001Z', { interval: 'month' });
    expect(months).toEqual(['2025-12-01', '2026-01-01', '2026-02-01']);
    expect(dates('2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z')).toEqual([]);
  });

  it('of hours and minutes carry the offset of the zone', () => {
    expect(dates('2026-03-01T00:10:00Z', '2026-03-01T01:00:01Z', { interval: 'hour' })).toEqual([
      '2026-03-01T00:00:00Z',
      '2026-03-01T01:00:00Z',
    ]);
    const kolkata = { interval: 'hour', zone: 'Asia/Kolkata' } as const;
    expect(dates('2026-03-01T00:10:00Z', '2026-03-01T00:31:00Z', kolkata)).toEqual([
      '2026-03-01T05:00:00+05:30',
      '2026-03-01T06:00:00+05:30',
    ]);
    const minutes = dates('2026-03-01T00:00:59Z', '2026-03-01T00:01:01Z', { interval: 'minute' });
    expect(minutes).toEqual(['2026-03-01T00:00:00Z', '2026-03-01T00:01:00Z']);
  });

  it('know the days of 23 and 25 hours, and the day Samoa never had', () => {
    const newYork = listBuckets(
      { from: Date.parse('2026-03-08T05:00:00Z'), to: Date.parse('2026-03-10T04:00:00Z') },
      'day',
      zoneOf('America/New_York'),
    );
    expect(newYork.map(({ start }) => new Date(start).toISOString())).toEqual([
      '2026-03-08T05:00:00.000Z',
      '2026-03-09T04:00:00.000Z',
    ]);
    expect(dates('2011-12-29T12:00:00Z', '2012-01-01T00:00:00Z', { zone: 'Pacific/Apia' })).toEqual([
      '2011-12-29',
      '2011-12-31',
      '2012-01-01',
    ]);
  });

  it('begin at the first moment of a day whose midnight does not exist or comes twice', () => {
    const cairo = startOfZoneDate({ year: 2024, month: 4, day: 26 }, zoneOf('Africa/Cairo'));
    expect(new Date(cairo).toISOString()).toBe('2024-04-25T22:00:00.000Z');
    const havana = startOfZoneDate({ year: 2024, month: 11, day: 3 }, zoneOf('America/Havana'));
    expect(new Date(havana).toISOString()).toBe('2024-11-03T04:00:00.000Z');
    const saoPaulo = startOfZoneDate({ year: 2018, month: 11, day: 4 }, zoneOf('America/Sao_Paulo'));
    expect(new Date(saoPaulo).toISOString()).toBe('2018-11-04T03:00:00.000Z');
  });

  it('follow each other, begin at or before the range, and hold instants of their own date only', () => {
    const from = fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2030, 0, 1) });
    const length = fc.integer({ min: 1, max: 400 * DAY });
    fc.assert(
      fc.property(
        fc.tuple(from, length),
        fc.constantFrom(...NAMES),
        fc.constantFrom('day', 'week', 'month'),
        ([a, b], name, unit) => {
          const zone = zoneOf(name);
          const buckets = listBuckets({ from: a, to: a + b }, unit as Interval, zone);
          expect(buckets[0]?.start).toBeLessThanOrEqual(a);
          for (const [index, { start, date }] of buckets.entries()) {
            const { year, month, day } = zoneDateAt(start, zone);
            expect(date).toBe(new Date(Date.UTC(year, month - 1, day)).toISOString().slice(0, 10));
            expect(zoneDateAt(start - 1, zone).day).not.toBe(day);
            const next = buckets[index + 1];
            if (next !== undefined) expect(next.start).toBeGreaterThan(start);
            else expect(start).toBeLessThan(a + b);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('are counted before they are listed', () => {
    for (const interval of INTERVALS) {
      const range = { from: Date.UTC(2026, 0, 1), to: Date.UTC(2026, 0, 31) };
      const listed = listBuckets(range, interval, UTC).length;
      expect(Math.abs(countBuckets(range, interval) - listed)).toBeLessThanOrEqual(1);
    }
    expect(countBuckets({ from: 0, to: MAX_BUCKETS * 60_000 + 1 }, 'minute')).toBe(MAX_BUCKETS + 1);
  });
});

describe('zones', () => {
  it('are found by their names only', () => {
    expect(findZone('asia/kolkata')?.name).toMatch(/^Asia\/(Kolkata|Calcutta)$/);
    expect(findZone('etc/utc')).toBe(UTC);
    for (const name of ['', 'Mars/Olympus', '+05:30', '-01', '5', 'local time']) expect(findZone(name)).toBeUndefined();
  });

  it('write their offset', () => {
    const at = Date.UTC(2026, 0, 1);
    expect(formatInZone(at, zoneOf('Asia/Kathmandu'))).toBe('2026-01-01T05:45:00+05:45');
    expect(formatInZone(at, zoneOf('America/St_Johns'))).toBe('2025-12-31T20:30:00-03:30');
    expect(formatInZone(at, UTC)).toBe('2026-01-01T00:00:00Z');
  });
});
