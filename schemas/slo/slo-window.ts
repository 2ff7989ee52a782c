import type { SloDefinition } from '../control/control-record.ts';
import { type CivilDate, findZone, startOfUtcDate, startOfZoneDate, UTC, type Zone, zoneDateAt } from '../zone.ts';

/** What decides on the window of an SLO: `windowDays` of a rolling one, else the calendar of a time zone. */
export type WindowDefinition = Pick<SloDefinition, 'windowDays' | 'calendar' | 'timeZone'>;

/** The window of an SLO at an instant, which is its end. Milliseconds since the epoch. */
export interface SloWindow {
  from: number;
  /** What the budget is meant for: the days of a rolling window, the whole period of a calendar one, milliseconds. */
  lengthMs: number;
  /** The window begins there until this instant, exclusive. */
  until: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const weekDays = 7;
const quarterMonths = 3;
const yearMonths = 12;

/**
 * The window an SLO has at an instant. A rolling one begins at a full hour of UTC, so it is up to an hour longer than its days; a calendar one with the
 * first moment of the period in its zone (weeks begin on Monday). A zone nobody knows is UTC.
 */
export function sloWindowAt(definition: WindowDefinition, at: number): SloWindow {
  const { calendar, windowDays, timeZone } = definition;
  if (calendar === 'none') {
    const hour = Math.floor(at / HOUR_MS) * HOUR_MS;
    return { from: hour - windowDays * DAY_MS, lengthMs: windowDays * DAY_MS, until: hour + HOUR_MS };
  }
  const zone = zoneOf(timeZone);
  const first = firstDateOf(calendar, zoneDateAt(at, zone));
  const from = startOfZoneDate(first, zone);
  const until = startOfZoneDate(dateAfter(calendar, first), zone);
  return { from, lengthMs: until - from, until };
}

type Period = Exclude<SloDefinition['calendar'], 'none'>;

const zones = new Map<string, Zone>();

/** Kept, because a zone takes longer to find than to use. */
function zoneOf(name: string): Zone {
  const zone = zones.get(name) ?? findZone(name) ?? UTC;
  zones.set(name, zone);
  return zone;
}

function firstDateOf(period: Period, date: CivilDate): CivilDate {
  switch (period) {
    case 'week': {
      const weekday = new Date(startOfUtcDate(date)).getUTCDay();
      return addDays(date, -((weekday + weekDays - 1) % weekDays));
    }
    case 'month':
      return { ...date, day: 1 };
    case 'quarter':
      return { ...date, month: date.month - ((date.month - 1) % quarterMonths), day: 1 };
    case 'year':
      return { ...date, month: 1, day: 1 };
  }
}

function dateAfter(period: Period, first: CivilDate): CivilDate {
  switch (period) {
    case 'week':
      return addDays(first, weekDays);
    case 'month':
      return addMonths(first, 1);
    case 'quarter':
      return addMonths(first, quarterMonths);
    case 'year':
      return addMonths(first, yearMonths);
  }
}

function addDays(date: CivilDate, days: number): CivilDate {
  const moved = new Date(startOfUtcDate(date) + days * DAY_MS);
  return { year: moved.getUTCFullYear(), month: moved.getUTCMonth() + 1, day: moved.getUTCDate() };
}

function addMonths({ year, month, day }: CivilDate, months: number): CivilDate {
  const moved = month - 1 + months;
  return { year: year + Math.floor(moved / yearMonths), month: (moved % yearMonths) + 1, day };
}
