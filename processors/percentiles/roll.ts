import { BinCounts } from '../math/bin-counts.ts';
import type { Bins } from './packed-bins.ts';
import { type SeriesState, takePending } from './series-state.ts';
import {
  endWithout,
  firstHourNeeded,
  firstMinuteNeeded,
  HOUR_MINUTES,
  hourOf,
  startOf,
  WINDOWS,
  type Window,
} from './windows.ts';

/** What a window held that ended at `end`; it is the same at every later minute until the next row. Minutes since the epoch. */
export interface RollingRow {
  series: SeriesState;
  window: Window;
  start: number;
  end: number;
  count: number;
  /** p50, p90, p95, p99; NaN when there is nothing. */
  quantiles: readonly number[];
  /** How often late data changed the window after it was first closed. */
  revision: number;
}

const shares = [0.5, 0.9, 0.95, 0.99];

/** One window of one series on its way from one end to a later one. */
interface Slide {
  state: SeriesState;
  window: Window;
  /** Position in {@link WINDOWS}. */
  index: number;
  /** Minutes that were closed before their data came. */
  late: readonly number[];
  minutes: readonly number[];
  hours: readonly number[];
  closed: number;
}

/**
 * Closes the minutes before `closed`: moves every window on, and tells it wherever it changed, that is where a minute with data enters or
 * leaves it. Windows in which late data fell are told again. `graceMinutes`: nothing comes later than this.
 */
export function roll(state: SeriesState, closed: number, graceMinutes: number): RollingRow[] {
  const taken = takePending(state, closed);
  mergeTaken(state, taken);
  const late = taken.map(([minute]) => minute).filter((minute) => minute < state.closed);
  if (late.length > 0) state.sums.length = 0;
  const minutes = state.minutes.numbers();
  const hours = state.hours.numbers();
  const rows: RollingRow[] = [];
  for (const [index, window] of WINDOWS.entries()) slide({ state, window, index, late, minutes, hours, closed }, rows);
  state.closed = closed;
  forget(state, graceMinutes);
  return rows;
}

/** When the next minute with data enters or leaves a window, or the last trace of the series may go; Infinity: never. */
export function dueOf({ pending, minutes, hours, closed }: SeriesState, graceMinutes: number): number {
  let due = Number.POSITIVE_INFINITY;
  for (const minute of pending.keys()) due = Math.min(due, minute + 1);
  const numbers = { minutes: minutes.numbers(), hours: hours.numbers() };
  for (const window of WINDOWS) {
    const next = numbers[window.panes].find((pane) => endWithout(window, pane) > closed);
    if (next !== undefined) due = Math.min(due, endWithout(window, next));
    const last = numbers[window.panes].at(-1);
    if (last !== undefined) due = Math.min(due, Math.max(endWithout(window, last) + graceMinutes, closed + 1));
  }
  return due;
}

function mergeTaken({ minutes, hours }: SeriesState, taken: readonly [minute: number, bins: Bins][]): void {
  for (const [minute, bins] of taken) {
    minutes.merge(minute, bins);
    hours.merge(hourOf(minute), bins);
  }
}

function slide(way: Slide, rows: RollingRow[]): void {
  const { state, window, index, late } = way;
  const from = late[0] ?? state.closed;
  const counts = state.sums[index] ?? sumAt(state, window, from);
  const changes = changesAfter(way, from);
  for (const [number, { end, panes, pane, sign }] of changes.entries()) {
    state[panes].addTo(counts, { from: pane, to: pane + 1, sign });
    if (changes[number + 1]?.end !== end) tell(way, { end, counts }, rows);
  }
  state.sums[index] = counts.total === 0 ? undefined : counts;
}

/** A pane that enters a window or leaves it. */
interface Change {
  /** The first end of the window for which it has. */
  end: number;
  panes: Window['panes'];
  pane: number;
  sign: 1 | -1;
}

function changesAfter({ window, minutes, closed, ...way }: Slide, from: number): Change[] {
  const changes: Change[] = [];
  for (const pane of minutes) {
    if (pane >= from && pane < closed) changes.push({ end: pane + 1, panes: 'minutes', pane, sign: 1 });
  }
  const { panes } = window;
  for (const pane of panes === 'minutes' ? minutes : way.hours) {
    const end = endWithout(window, pane);
    if (end > from && end <= closed) changes.push({ end, panes, pane, sign: -1 });
  }
  return changes.sort((a, b) => a.end - b.end);
}

/** The sketch of the window that ends there. What closed hours hold behind that end is taken out again by the minute. */
function sumAt({ minutes, hours }: SeriesState, window: Window, end: number): BinCounts {
  const counts = new BinCounts();
  const start = startOf(window, end);
  if (window.panes === 'minutes') minutes.addTo(counts, { from: start, to: end, sign: 1 });
  else {
    hours.addTo(counts, { from: start / HOUR_MINUTES, to: Number.POSITIVE_INFINITY, sign: 1 });
    minutes.addTo(counts, { from: end, to: Number.POSITIVE_INFINITY, sign: -1 });
  }
  return counts;
}

function tell(
  { state, window, index, late }: Slide,
  { end, counts }: { end: number; counts: BinCounts },
  rows: RollingRow[],
): void {
  const start = startOf(window, end);
  const isNew = end > state.closed;
  const isTouched = late.some((minute) => minute >= start && minute < end);
  // Where late data leaves, a window ends that may not have been told before, because nothing changed there.
  const isFreed = window.panes === 'minutes' && late.includes(start - 1);
  if (!isNew && !isTouched && !isFreed) return;
  const key = revisionKey(index, end);
  const before = state.revisions.get(key) ?? 0;
  const revision = isTouched && !isNew ? before + 1 : before;
  if (revision > before) state.revisions.set(key, revision);
  rows.push({ series: state, window, start, end, count: counts.total, quantiles: counts.quantiles(shares), revision });
}

const revisionKey = (index: number, end: number): number => end * WINDOWS.length + index;

function forget(state: SeriesState, graceMinutes: number): void {
  state.minutes.dropBefore(firstMinuteNeeded(state.closed, graceMinutes));
  state.hours.dropBefore(firstHourNeeded(state.closed, graceMinutes));
  for (const key of state.revisions.keys()) {
    if (key < revisionKey(0, state.closed - graceMinutes)) state.revisions.delete(key);
  }
}
