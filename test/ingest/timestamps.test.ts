import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatTimestamp, parseTimestamp } from '../../ingest/timestamps.ts';

const min = Date.UTC(0, 0, 1) - 1900 * 365.2425 * 86_400_000;
const instant = fc.date({ min: new Date(min), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true });

describe('an RFC 3339 timestamp', () => {
  test('in UTC is read as Date reads it, with and without milliseconds', () => {
    fc.assert(
      fc.property(instant, (date) => {
        const text = date.toISOString();
        expect(parseTimestamp(text)).toBe(date.getTime());
        expect(parseTimestamp(`${text.slice(0, 19)}Z`)).toBe(Date.parse(`${text.slice(0, 19)}Z`));
      }),
      { numRuns: 2_000 },
    );
  });

  test('with an offset is read as Date reads it', () => {
    const offset = fc
      .tuple(fc.constantFrom('+', '-'), fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
      .map(([sign, hour, minute]) => `${sign}${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`);
    fc.assert(
      fc.property(instant, offset, (date, zone) => {
        const text = `${date.toISOString().slice(0, -1)}${zone}`;
        expect(parseTimestamp(text)).toBe(Date.parse(text));
      }),
    );
  });

  test('is written back to the same instant', () => {
    fc.assert(
      fc.property(instant, (date) => {
        expect(parseTimestamp(formatTimestamp(date.getTime()))).toBe(date.getTime());
      }),
    );
  });

  test.each([
    ['2026-03-18T10:30:00Z', '2026-03-18T10:30:00.000Z'],
    ['2026-03-18t10:30:00z', '2026-03-18T10:30:00.000Z'],
    ['2026-03-18T10:30:00.5Z', '2026-03-18T10:30:00.500Z'],
    ['2026-03-18T10:30:00.123999Z', '2026-03-18T10:30:00.123Z'],
    ['2026-03-18T10:30:00.120+05:30', '2026-03-18T05:00:00.120Z'],
    ['2026-03-18T10:30:00-00:00', '2026-03-18T10:30:00.000Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00.000Z'],
    ['1969-12-31T23:59:59Z', '1969-12-31T23:59:59.000Z'],
  ])('%s is %s', (text, instantText) => {
    expect(new Date(parseTimestamp(text)).toISOString()).toBe(instantText);
  });

  test.each([
    '',
    'Z',
    'yesterday',
    '2026-03-18',
    '2026-03-18T10:30Z',
    '2026-03-18T10:30:00',
    '2026-03-18 10:30:00Z',
    '2026-03-18T10:30:00.Z',
    '2026-03-18T10:30:00.1234567890Z',
    '2026-3-18T10:30:00ZZZ',
    '2026-00-18T10:30:00Z',
    '2026-13-18T10:30:00Z',
    '2026-02-29T10:30:00Z',
    '1900-02-29T10:30:00Z',
    '2026-04-31T10:30:00Z',
    '2026-04-00T10:30:00Z',
    '2026-03-18T24:00:00Z',
    '2026-03-18T10:60:00Z',
    '2026-03-18T23:59:60Z',
    '2026-03-18T10:30:00+24:00',
    '2026-03-18T10:30:00+05',
    '+002026-03-18T10:30:00Z',
    '２026-03-18T10:30:00Z',
    ' 026-03-18T10:30:00Z',
    '2026-03-18T10:30:0 Z',
    '2026-03-18T10:30:00,123Z',
  ])('%j is none', (text) => {
    expect(parseTimestamp(text)).toBeNaN();
  });

  test('nothing but digits passes where a digit belongs', () => {
    const good = '2026-03-18T10:30:00.123Z';
    fc.assert(
      fc.property(fc.nat(good.length - 2), fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }), (at, unit) => {
        const text = good.slice(0, at) + unit + good.slice(at + 1);
        const parsed = parseTimestamp(text);
        if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text)) expect(parsed).toEqual(expect.any(Number));
        else if (!/^[\d-]+t/.test(text)) expect(parsed).toBeNaN();
      }),
      { numRuns: 2_000 },
    );
  });
});
