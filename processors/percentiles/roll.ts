import { BinCounts } from '../math/bin-counts.ts';
import type { Bins } from './packed-bins.ts';
import type { PaneList } from './packed-panes.ts';
import { type SeriesState, takePending } from './series-state.ts';
import {
  endWithout,
  firstHourNeeded,
  firstMinuteNeeded,
  firstPaneOf,
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
  panes: Readonly<Record<Window['panes'], PaneList>>;
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
  const panes = { minutes: state.minutes.list(), hours: state.hours.list() };
  const rows: RollingRow[] = [];
  for (const [index, window] of WINDOWS.entries()) slide({ state, window, index, late, panes, closed }, rows);
  state.closed = closed;
  forget(state, graceMinutes);
  state.due = dueAmong(state, panes, graceMinutes);
  return rows;
}

/** When the next minute with data enters or leaves a window, or the last trace of the series may go; Infinity: never. */
export function dueOf(state: SeriesState, graceMinutes: number): number {
  return dueAmong(state, { minutes: state.minutes.list(), hours: state.hours.list() }, graceMinutes);
}

/** `panes` may still list some that were dropped since. */
function dueAmong(state: SeriesState, panes: Slide['panes'], graceMinutes: number): number {
  const { pending, closed } = state;
  let due = Number.POSITIVE_INFINITY;
  for (const minute of pending.keys()) due = Math.min(due, minute + 1);
  for (const window of WINDOWS) {
    const { numbers } = panes[window.panes];
    const last = numbers.at(-1);
    if (last === undefined || state[window.panes].isEmpty) continue;
    const next = numbers[indexFrom(numbers, firstPaneOf(window, closed))];
    if (next !== undefined) due = Math.min(due, endWithout(window, next));
    due = Math.min(due, Math.max(endWithout(window, last) + graceMinutes, closed + 1));
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
  for (const [number, { end, panes, place, sign }] of changes.entries()) {
    state[panes].addPane(counts, place, sign);
    if (changes[number + 1]?.end !== end) tell(way, { end, counts }, rows);
  }
  state.sums[index] = counts.total === 0 ? undefined : counts;
}

/** A pane that enters a window or leaves it. */
interface Change {
  /** The first end of the window for which it has. */
  end: number;
  panes: Window['panes'];
  place: number;
  sign: 1 | -1;
}

function changesAfter({ window, panes, closed }: Slide, from: number): Change[] {
  const changes: Change[] = [];
  const { minutes } = panes;
  for (let i = indexFrom(minutes.numbers, from); i < minutes.numbers.length; i++) {
    const end = (minutes.numbers[i] ?? 0) + 1;
    if (end > closed) break;
    changes.push({ end, panes: 'minutes', place: minutes.places[i] ?? 0, sign: 1 });
  }
  const { numbers, places } = panes[window.panes];
  for (let i = indexFrom(numbers, firstPaneOf(window, from)); i < numbers.length; i++) {
    const end = endWithout(window, numbers[i] ?? 0);
    if (end > closed) break;
    changes.push({ end, panes: window.panes, place: places[i] ?? 0, sign: -1 });
  }
  return changes.length < 2 ? changes : changes.sort((a, b) => a.end - b.end);
}

/** Index of the first number that is not smaller; numbers ascend. */
function indexFrom(numbers: readonly number[], least: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] ?? 0) < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The sketch of the window that ends there. What closed hours hold behind that end is taken out again by the minute. */
function sumAt({ minutes, hours }: SeriesState, window: Window, end: number): BinCounts {
  const counts = new BinCounts();
  if (window.panes === 'minutes') minutes.addTo(counts, { from: firstPaneOf(window, end), to: end, sign: 1 });
  else {
    hours.addTo(counts, { from: firstPaneOf(window, end), to: Number.POSITIVE_INFINITY, sign: 1 });
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
