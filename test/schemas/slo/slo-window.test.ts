import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { periodOf } from '../../../bench/support/periods.ts';
import { sloWindowAt } from '../../../schemas/slo/slo-window.ts';

const hour = 3_600_000;
const day = 24 * hour;
const zones = ['Europe/Berlin', 'America/Sao_Paulo', 'Asia/Kathmandu', 'Pacific/Chatham', 'UTC'];
const instant = fc.integer({ min: Date.UTC(2005, 0), max: Date.UTC(2035, 0) });
const windowOf = (calendar: 'week' | 'month' | 'quarter' | 'year', timeZone: string, at: string) => {
  const { from, until } = sloWindowAt({ calendar, timeZone, windowDays: 0 }, Date.parse(at));
  return [new Date(from).toISOString(), new Date(until).toISOString()];
};

describe('the window of an SLO', () => {
  it('that is rolling begins at a full hour, its days before the present one', () => {
    fc.assert(
      fc.property(instant, fc.integer({ min: 1, max: 366 }), (at, windowDays) => {
        const window = sloWindowAt({ windowDays, calendar: 'none', timeZone: 'UTC' }, at);
        expect(window.from % hour).toBe(0);
        expect(at - window.from - windowDays * day).toBeGreaterThanOrEqual(0);
        expect(at - window.from - windowDays * day).toBeLessThan(hour);
        expect(window.until - window.from - windowDays * day).toBe(hour);
        expect(window.lengthMs).toBe(windowDays * day);
      }),
    );
  });

  it('of a calendar is from the first to the last instant at which the clocks of its zone show the period', () => {
    const calendars = fc.constantFrom('week' as const, 'month' as const, 'quarter' as const, 'year' as const);
    fc.assert(
      fc.property(instant, calendars, fc.constantFrom(...zones), (at, calendar, timeZone) => {
        const { from, until, lengthMs } = sloWindowAt({ calendar, timeZone, windowDays: 0 }, at);
        const period = (other: number) => periodOf(other, calendar, timeZone);
        const present = period(at);
        expect([period(from), period(until - 1)]).toEqual([present, present]);
        expect(period(from - 1)).not.toBe(present);
        expect(period(until)).not.toBe(present);
        expect(lengthMs).toBe(until - from);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is an hour shorter or longer where clocks are set, and begins within an hour of UTC where the zone does', () => {
    expect(windowOf('month', 'Europe/Berlin', '2026-03-31T21:59:59.999Z')).toEqual([
      '2026-02-28T23:00:00.000Z',
      '2026-03-31T22:00:00.000Z',
    ]);
    // Midnight of 4 November 2018, a Sunday, did not exist there.
    expect(windowOf('week', 'America/Sao_Paulo', '2018-11-04T03:00:00Z')).toEqual([
      '2018-10-29T03:00:00.000Z',
      '2018-11-05T02:00:00.000Z',
    ]);
    expect(windowOf('year', 'Asia/Kathmandu', '2025-12-31T18:15:00Z')[0]).toBe('2025-12-31T18:15:00.000Z');
    expect(windowOf('quarter', 'Nowhere/Never', '2026-05-05T00:00:00Z')[0]).toBe('2026-04-01T00:00:00.000Z');
  });
});
