import {
  type CivilDate,
  formatInZone,
  startOfUtcDate,
  startOfZoneDate,
  type Zone,
  zoneDateAt,
} from '../schemas/zone.ts';
import type { Range } from './range.ts';

export const INTERVALS = ['minute', 'hour', 'day', 'week', 'month'] as const;
export type Interval = (typeof INTERVALS)[number];

export interface Bucket {
  /** Milliseconds since the epoch; the bucket ends where the next one begins. */
  start: number;
  /** As the API shows it: `YYYY-MM-DD` for day, week and month, RFC 3339 for hour and minute. */
  date: string;
}

/** A series has no more buckets than this. */
export const MAX_BUCKETS = 10_000;

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const NOMINAL_MS: Record<Interval, number> = {
  minute: MINUTE_MS,
  hour: HOUR_MS,
  day: DAY_MS,
  week: 7 * DAY_MS,
  month: 30 * DAY_MS,
};

/** About how many buckets of the interval a range has. */
export function countBuckets({ from, to }: Range, interval: Interval): number {
  return Math.ceil((to - from) / NOMINAL_MS[interval]);
}

/** The buckets that a range touches, in order of time, aligned with the clocks of the zone; weeks begin on Monday. */
export function listBuckets(range: Range, interval: Interval, zone: Zone): Bucket[] {
  if (range.from >= range.to) return [];
  return interval === 'minute' || interval === 'hour'
    ? listTicks(range, NOMINAL_MS[interval], zone)
    : listDates(range, interval, zone);
}

// Hours keep the alignment of the first one: only zones that move by a part of an hour would notice.
function listTicks({ from, to }: Range, step: number, zone: Zone): Bucket[] {
  const offset = zone.offsetAt(from);
  const first = Math.floor((from + offset) / step) * step - offset;
  const count = Math.ceil((to - first) / step);
  return Array.from({ length: count }, (_, index) => {
    const start = first + index * step;
    return { start, date: formatInZone(start, zone) };
  });
}

function listDates({ from, to }: Range, interval: 'day' | 'week' | 'month', zone: Zone): Bucket[] {
  const buckets: Bucket[] = [];
  let date = firstDate(zoneDateAt(from, zone), interval);
  for (let start = startOfZoneDate(date, zone); start < to; start = startOfZoneDate(date, zone)) {
    // A zone that skips a whole day has two dates with one start: the later is the one its calendar shows.
    if (buckets.at(-1)?.start === start) buckets.pop();
    buckets.push({ start, date: formatDate(date) });
    date = nextDate(date, interval);
  }
  return buckets;
}

function firstDate(date: CivilDate, interval: 'day' | 'week' | 'month'): CivilDate {
  if (interval === 'month') return { ...date, day: 1 };
  if (interval === 'day') return date;
  const weekday = new Date(startOfUtcDate(date)).getUTCDay();
  return addDays(date, -((weekday + 6) % 7));
}

function nextDate(date: CivilDate, interval: 'day' | 'week' | 'month'): CivilDate {
  if (interval !== 'month') return addDays(date, interval === 'day' ? 1 : 7);
  return date.month === 12 ? { ...date, year: date.year + 1, month: 1 } : { ...date, month: date.month + 1 };
}

function addDays(date: CivilDate, days: number): CivilDate {
  const moved = new Date(startOfUtcDate(date) + days * DAY_MS);
  return { year: moved.getUTCFullYear(), month: moved.getUTCMonth() + 1, day: moved.getUTCDate() };
}

const formatDate = (date: CivilDate): string => new Date(startOfUtcDate(date)).toISOString().slice(0, 10);
