import { type CivilDate, startOfUtcDate } from '../schemas/zone.ts';

/** A range of time in milliseconds since the epoch: `from` inclusive, `to` exclusive. */
export interface Range {
  from: number;
  to: number;
}

export interface RangeInput {
  from?: string | undefined;
  to?: string | undefined;
}

export interface RangeContext {
  /** Milliseconds since the epoch. */
  now: number;
  /** How far back data is kept: what an absent `from` means. */
  retentionDays: number;
  /** Milliseconds that the zone in which dates are days is ahead of UTC at a given instant; UTC when absent. */
  startOfDate?: (date: CivilDate) => number;
}

/** The effective range as `meta` shows it. */
export interface RangeMeta {
  from: string;
  to: string;
}

export interface RangeIssue {
  field: 'from' | 'to';
  issue: string;
}

export type RangeResult = { range: Range; meta: RangeMeta } | { issue: RangeIssue };

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const SECOND_MS = 1000;
/** Ingest accepts events up to this far ahead of its clock, so an absent `to` must reach at least as far. */
const FUTURE_TOLERANCE_MS = 600_000;
const FORMAT_ISSUE =
  'must be a date such as 2026-03-01 or an RFC 3339 date-time such as 2026-03-01T08:30:00Z that exists in the calendar';

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
// An offset's plus sign arrives as a space when the client does not escape it.
const DATE_TIME = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?([Zz]|[+\- ]\d{2}:\d{2})?$/;

/**
 * The range that `from` and `to` name. A date is the whole day, so as `to` it is inclusive; a date-time bounds exactly, `to` exclusive, and is UTC
 * without an offset. Absent: `from` is the first day of the retention, `to` the end of the day that still accepts events.
 */
export function readRange(input: RangeInput, context: RangeContext): RangeResult {
  const startOfDate = context.startOfDate ?? startOfUtcDate;
  const from = readBound(input.from ?? firstKeptDate(context), startOfDate);
  if (from === undefined) return { issue: { field: 'from', issue: FORMAT_ISSUE } };
  const to = readBound(input.to ?? lastOpenDate(context), startOfDate);
  if (to === undefined) return { issue: { field: 'to', issue: FORMAT_ISSUE } };
  const range = { from: from.start, to: to.end };
  // A date as `to` ends with the first moment of the next day, which is already after it.
  const isReversed = to.isDate ? range.from >= range.to : range.from > range.to;
  if (isReversed) return { issue: { field: 'from', issue: 'must not be after to' } };
  const shownTo = to.isDate ? range.to - SECOND_MS : range.to;
  return { range, meta: { from: formatInstant(range.from), to: formatInstant(shownTo) } };
}

/** The same of recent data: an absent `to` is now, an absent `from` so many hours before the end. */
export function readRecentRange({ from, to }: RangeInput, { now, hours }: { now: number; hours: number }): RangeResult {
  const context = { now, retentionDays: 0 };
  const end = to ?? formatInstant(now);
  if (from !== undefined) return readRange({ from, to: end }, context);
  const ended = readRange({ from: formatInstant(0), to: end }, context);
  if ('issue' in ended) return ended;
  return readRange({ from: formatInstant(ended.range.to - hours * HOUR_MS), to: end }, context);
}

/** RFC 3339 in UTC, with milliseconds only where there are any. */
export function formatInstant(at: number): string {
  return new Date(at).toISOString().replace('.000Z', 'Z');
}

interface Bound {
  start: number;
  end: number;
  isDate: boolean;
}

function readBound(text: string, startOfDate: (date: CivilDate) => number): Bound | undefined {
  const date = readDate(text);
  if (date !== undefined) return { start: startOfDate(date), end: startOfDate(nextDate(date)), isDate: true };
  const at = readDateTime(text);
  return at === undefined ? undefined : { start: at, end: at, isDate: false };
}

function readDate(text: string): CivilDate | undefined {
  const match = DATE.exec(text);
  if (match === null) return undefined;
  const date = { year: Number(match[1]), month: Number(match[2]), day: Number(match[3]) };
  const back = new Date(startOfUtcDate(date));
  const exists = back.getUTCMonth() === date.month - 1 && back.getUTCDate() === date.day;
  return exists && date.year > 0 ? date : undefined;
}

function readDateTime(text: string): number | undefined {
  const match = DATE_TIME.exec(text);
  const date = match === null ? undefined : readDate(match[1] ?? '');
  if (match === null || date === undefined) return undefined;
  const [hour, minute, second] = [Number(match[2]), Number(match[3]), Number(match[4] ?? 0)];
  const offsetMinutes = readOffset(match[6] ?? 'Z');
  if (hour > 23 || minute > 59 || second > 59 || offsetMinutes === undefined) return undefined;
  // Events carry whole milliseconds: a finer bound means the next one, as `from` and as `to`.
  const fractionMs = Math.ceil(Number(`0.${match[5] ?? '0'}`) * SECOND_MS);
  return startOfUtcDate(date) + ((hour * 60 + minute - offsetMinutes) * 60 + second) * SECOND_MS + fractionMs;
}

function readOffset(text: string): number | undefined {
  if (text === 'Z' || text === 'z') return 0;
  const [hours, minutes] = [Number(text.slice(1, 3)), Number(text.slice(4, 6))];
  if (hours > 23 || minutes > 59) return undefined;
  return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

function nextDate(date: CivilDate): CivilDate {
  const next = new Date(startOfUtcDate(date) + DAY_MS);
  return { year: next.getUTCFullYear(), month: next.getUTCMonth() + 1, day: next.getUTCDate() };
}

const isoDate = (at: number): string => new Date(Math.max(at, 0)).toISOString().slice(0, 10);
const firstKeptDate = ({ now, retentionDays }: RangeContext): string => isoDate(now - retentionDays * DAY_MS);
const lastOpenDate = ({ now }: RangeContext): string => isoDate(now + FUTURE_TOLERANCE_MS);
