import { describe, expect, it } from 'vitest';
import { type RangeInput, readRange } from '../../query-api/range.ts';
import { findZone, startOfZoneDate, UTC } from '../../schemas/zone.ts';

const now = Date.UTC(2026, 2, 18, 10, 30);
const read = (input: RangeInput, retentionDays = 365) => readRange(input, { now, retentionDays });
const metaOf = (input: RangeInput) => {
  const result = read(input);
  return 'meta' in result ? result.meta : result.issue;
};
const issueOf = (input: RangeInput) => {
  const result = read(input);
  return 'issue' in result ? result.issue.field : undefined;
};

describe('a range', () => {
  it('of dates is from the start of the first to the end of the last day', () => {
    expect(read({ from: '2026-03-01', to: '2026-03-18' })).toEqual({
      range: { from: Date.UTC(2026, 2, 1), to: Date.UTC(2026, 2, 19) },
      meta: { from: '2026-03-01T00:00:00Z', to: '2026-03-18T23:59:59Z' },
    });
  });

  it('of date-times is as it says, in UTC, and shows what it was', () => {
    expect(read({ from: '2026-03-01T10:00:00+02:00', to: '2026-03-01T10:00:00.5Z' })).toEqual({
      range: { from: Date.UTC(2026, 2, 1, 8), to: Date.UTC(2026, 2, 1, 10, 0, 0, 500) },
      meta: { from: '2026-03-01T08:00:00Z', to: '2026-03-01T10:00:00.500Z' },
    });
  });

  it.each([
    ['2026-03-01T10:00:00 02:00', '2026-03-01T08:00:00Z'],
    ['2026-03-01T10:00:00-05:30', '2026-03-01T15:30:00Z'],
    ['2026-03-01T10:00:00', '2026-03-01T10:00:00Z'],
    ['2026-03-01T10:00Z', '2026-03-01T10:00:00Z'],
    ['2026-03-01t10:00:00z', '2026-03-01T10:00:00Z'],
    ['2026-03-01T10:00:00.0001Z', '2026-03-01T10:00:00.001Z'],
    ['2024-02-29', '2024-02-29T00:00:00Z'],
    ['0001-01-01', '0001-01-01T00:00:00Z'],
  ])('reads %s as %s', (from, shown) => {
    expect(metaOf({ from, to: '9999-12-31' })).toEqual({ from: shown, to: '9999-12-31T23:59:59Z' });
  });

  it.each([
    '',
    'yesterday',
    '2026-02-30',
    '2026-02-29',
    '2026-13-01',
    '2026-00-10',
    '0000-01-01',
    '2026-3-1',
    '20260301',
    '2026-03-01T24:00:00Z',
    '2026-03-01T10:60:00Z',
    '2026-03-01T10:00:60Z',
    '2026-03-01T10:00:00+24:00',
    '2026-02-30T10:00:00Z',
    '2026-03-01T10:00:00.Z',
    '1772323200',
    '+002026-03-01',
  ])('does not begin or end with %j', (text) => {
    expect(issueOf({ from: text, to: '2026-03-18' })).toBe('from');
    expect(issueOf({ from: '2020-03-18', to: text })).toBe('to');
  });

  it('is refused when it ends before it begins', () => {
    expect(issueOf({ from: '2026-03-02', to: '2026-03-01' })).toBe('from');
    expect(issueOf({ from: '2026-03-01T00:00:00.001Z', to: '2026-03-01T00:00:00Z' })).toBe('from');
    expect(issueOf({ from: '2026-03-02T00:00:00Z', to: '2026-03-01' })).toBe('from');
  });

  it('may be empty, or one day, or begin within the day that ends it', () => {
    const at = '2026-03-01T00:00:00Z';
    expect(metaOf({ from: at, to: at })).toEqual({ from: at, to: at });
    expect(metaOf({ from: '2026-03-01', to: '2026-03-01' })).toEqual({ from: at, to: '2026-03-01T23:59:59Z' });
    expect(issueOf({ from: '2026-03-01T12:00:00Z', to: '2026-03-01' })).toBeUndefined();
  });

  it('without bounds is from the first day of the retention to the end of the day that accepts events', () => {
    expect(metaOf({})).toEqual({ from: '2025-03-18T00:00:00Z', to: '2026-03-18T23:59:59Z' });
    const lateEvening = { now: Date.UTC(2026, 2, 18, 23, 55), retentionDays: 100_000 };
    expect(readRange({}, lateEvening)).toMatchObject({
      meta: { from: '1970-01-01T00:00:00Z', to: '2026-03-19T23:59:59Z' },
    });
  });

  it('of dates in a zone is days of that zone', () => {
    const zone = findZone('Asia/Kolkata') ?? UTC;
    const result = readRange(
      { from: '2026-03-01', to: '2026-03-01' },
      { now, retentionDays: 1, startOfDate: (date) => startOfZoneDate(date, zone) },
    );
    expect(result).toMatchObject({ range: { from: Date.UTC(2026, 1, 28, 18, 30), to: Date.UTC(2026, 2, 1, 18, 30) } });
  });
});
