import type { Range } from './range.ts';
import type { Source } from './segments.ts';

/** A window of more events is worth looking up to which minute a page reaches back, among many cells; in a smaller one the hour does. */
export const MAX_EVENTS_BY_HOUR = 500_000;

/** How many events of a range fall on a UTC day; `dayMs` is the day's start in milliseconds since the epoch. */
export interface EventDay {
  dayMs: number;
  count: number;
}

export interface EventWindow extends Range {
  /** How many events are in it. */
  count: number;
}

/**
 * The part of a range that holds its newest `depth` events, by days: given those that have any, newest first. Everything older is not needed
 * to list these events.
 */
export function newestWindow(range: Range, days: readonly EventDay[], depth: number): EventWindow {
  let newer = 0;
  let oldest = range.to;
  for (const { dayMs, count } of days) {
    if (newer >= depth) break;
    newer += count;
    oldest = dayMs;
  }
  return { from: Math.max(range.from, oldest), to: range.to, count: newer };
}

export const totalOf = (days: readonly EventDay[]): number => days.reduce((total, { count }) => total + count, 0);

/** The rollup that says how far into a window a page reaches. A filter leaves few cells, and its count says nothing of how many events there are. */
export function cellsOf(filter: { capability: string; metric: string }, { count }: EventWindow): Source {
  const isFiltered = filter.capability !== '' || filter.metric !== '';
  return isFiltered || count > MAX_EVENTS_BY_HOUR ? 'minutes' : 'hours';
}
