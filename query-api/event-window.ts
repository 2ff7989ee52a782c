import type { Range } from './range.ts';

/** How many events of a range fall on a UTC day; `dayMs` is the day's start in milliseconds since the epoch. */
export interface EventDay {
  dayMs: number;
  count: number;
}

/**
 * The part of a range that holds its newest `depth` events, by days: given those that have any, newest first. Everything older is not needed
 * to list these events.
 */
export function newestWindow(range: Range, days: readonly EventDay[], depth: number): Range {
  let newer = 0;
  let oldest = range.to;
  for (const { dayMs, count } of days) {
    if (newer >= depth) break;
    newer += count;
    oldest = dayMs;
  }
  return { from: Math.max(range.from, oldest), to: range.to };
}

export const totalOf = (days: readonly EventDay[]): number => days.reduce((total, { count }) => total + count, 0);
