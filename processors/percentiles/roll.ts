import type { Series } from '../analytics/series.ts';
import { BinCounts } from '../math/bin-counts.ts';
import type { PaneCursor } from './packed-panes.ts';
import type { MinuteBins } from './pending-points.ts';
import type { SeriesState, WindowAt } from './series-state.ts';
import {
  endWithout,
  firstHourNeeded,
  firstMinuteNeeded,
  firstPaneOf,
  HOUR_MINUTES,
  hourOf,
  startOf,
  WINDOWS,
  type Window,
} from './windows.ts';

/** What a window held that ended at `end`; it is the same at every later minute until the next row. Minutes since the epoch. */
export interface RollingRow {
  series: Series;
  retentionDays: number;
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
  /** The first minute that enters it. */
  entering: PaneCursor;
  from: number;
  closed: number;
}

const noMinutes: readonly number[] = [];
/** Where counts of many panes are added up. */
const scratch = new BinCounts();

/**
 * Closes the minutes before `closed`: moves every window on, and tells it wherever it changed, that is where a minute with data enters or
 * leaves it. Windows in which late data fell are told again. `graceMinutes`: nothing comes later than this.
 */
export function roll(state: SeriesState, closed: number, graceMinutes: number): RollingRow[] {
  const taken = state.pending.take(closed);
  const isLate = taken[0] !== undefined && taken[0].minute < state.closed;
  const late = isLate ? taken.map(({ minute }) => minute).filter((minute) => minute < state.closed) : noMinutes;
  if (isLate) forgetSlides(state);
  const from = late[0] ?? state.closed;
  const entering = merge(state, taken, isLate ? from : Number.NaN);
  closeHours(state, hourOf(closed));
  const rows: RollingRow[] = [];
  for (let index = 0; index < WINDOWS.length; index++) {
    const window = WINDOWS[index];
    if (window !== undefined) slide({ state, window, index, late, entering, from, closed }, rows);
  }
  state.closed = closed;
  forget(state, graceMinutes);
  state.due = dueOf(state, graceMinutes);
  return rows;
}

/** When the next minute with data enters or leaves a window, or the last trace of the series may go; Infinity: never. */
export function dueOf(state: SeriesState, graceMinutes: number): number {
  const { pending, closed } = state;
  let due = pending.firstMinute + 1;
  for (let index = 0; index < WINDOWS.length; index++) {
    const window = WINDOWS[index];
    if (window === undefined) continue;
    const panes = state[window.panes];
    if (panes.isEmpty) continue;
    const oldest = state.slides[index] ?? panes.seek(firstPaneOf(window, closed));
    due = Math.min(
      due,
      endWithout(window, oldest.number),
      Math.max(endWithout(window, panes.last) + graceMinutes, closed + 1),
    );
  }
  return due;
}

/** Returns the first minute that enters the windows: of those that are new, or of all from `lateFrom` on. */
function merge(state: SeriesState, taken: readonly MinuteBins[], lateFrom: number): PaneCursor {
  const { minutes, hours, slides } = state;
  const first = { number: taken[0]?.minute ?? Number.POSITIVE_INFINITY, at: minutes.end };
  for (const { minute, bins } of taken) {
    minutes.merge(minute, bins);
    if (hourOf(minute) < state.hour) hours.merge(hourOf(minute), bins);
  }
  if (!Number.isNaN(lateFrom)) return minutes.seek(lateFrom);
  followNew(slides, 'minutes', first);
  return first;
}

/** Windows that had no pane to leave them have one now. */
function followNew(slides: SeriesState['slides'], panes: Window['panes'], { number, at }: PaneCursor): void {
  for (let index = 0; index < slides.length; index++) {
    const oldest = slides[index];
    if (oldest === undefined || WINDOWS[index]?.panes !== panes || oldest.number < Number.POSITIVE_INFINITY) continue;
    oldest.number = number;
    oldest.at = at;
  }
}

/** Makes the panes of the hours before `hour` of those of their minutes. */
function closeHours(state: SeriesState, hour: number): void {
  if (hour <= state.hour) return;
  const { minutes, hours } = state;
  const first = { number: Number.POSITIVE_INFINITY, at: hours.end };
  const cursor = minutes.seek(state.hour * HOUR_MINUTES);
  while (cursor.number < hour * HOUR_MINUTES) {
    const own = hourOf(cursor.number);
    scratch.clear();
    for (; hourOf(cursor.number) === own; minutes.next(cursor)) minutes.addAt(scratch, cursor, 1);
    hours.merge(own, scratch.toBins());
    first.number = Math.min(first.number, own);
  }
  state.hour = hour;
  followNew(state.slides, 'hours', first);
}

function slide(way: Slide, rows: RollingRow[]): void {
  const { state, window, index, from, closed } = way;
  const at = state.slides[index] ?? windowAt(state, window, from);
  const { counts } = at;
  const entering = { number: way.entering.number, at: way.entering.at };
  const leaving = state[window.panes];
  for (;;) {
    const enters = entering.number + 1;
    const leaves = endWithout(window, at.number);
    const end = Math.min(enters, leaves);
    if (end > closed) break;
    if (enters === end) {
      state.minutes.addAt(counts, entering, 1);
      state.minutes.next(entering);
    }
    if (leaves === end) {
      leaving.addAt(counts, at, -1);
      leaving.next(at);
    }
    tell(way, { end, counts }, rows);
  }
  state.slides[index] = at;
  if (counts.total === 0) forgetSlide(state, index);
}

function forgetSlides(state: SeriesState): void {
  for (const index of state.slides.keys()) forgetSlide(state, index);
}

function forgetSlide(state: SeriesState, index: number): void {
  state.slides[index]?.counts.release();
  state.slides[index] = undefined;
}

/** The window that ends there. What the panes of hours hold behind that end is taken out again by the minute. */
function windowAt({ arena, minutes, hours, hour }: SeriesState, window: Window, end: number): WindowAt {
  scratch.clear();
  const first = firstPaneOf(window, end);
  if (window.panes === 'minutes') {
    minutes.addTo(scratch, { from: first, to: end, sign: 1 });
    return { ...minutes.seek(first), counts: scratch.compactIn(arena) };
  }
  const edge = hour * HOUR_MINUTES;
  hours.addTo(scratch, { from: first, to: Number.POSITIVE_INFINITY, sign: 1 });
  minutes.addTo(scratch, { from: end, to: edge, sign: -1 });
  minutes.addTo(scratch, { from: edge, to: end, sign: 1 });
  return { ...hours.seek(first), counts: scratch.compactIn(arena) };
}

function tell(
  { state, window, index, late }: Slide,
  { end, counts }: { end: number; counts: BinCounts },
  rows: RollingRow[],
): void {
  const start = startOf(window, end);
  const isNew = end > state.closed;
  const isTouched = late.length > 0 && late.some((minute) => minute >= start && minute < end);
  // Where late data leaves, a window ends that may not have been told before, because nothing changed there.
  const isFreed = window.panes === 'minutes' && late.length > 0 && late.includes(start - 1);
  if (!isNew && !isTouched && !isFreed) return;
  const key = revisionKey(index, end);
  const before = state.revisions?.get(key) ?? 0;
  const revision = isTouched && !isNew ? before + 1 : before;
  if (revision > before) {
    state.revisions ??= new Map();
    state.revisions.set(key, revision);
  }
  const { series, retentionDays } = state;
  const figures = { count: counts.total, quantiles: counts.quantiles(shares), revision };
  rows.push({ series, retentionDays, window, start, end, ...figures });
}

const revisionKey = (index: number, end: number): number => end * WINDOWS.length + index;

function forget(state: SeriesState, graceMinutes: number): void {
  state.minutes.dropBefore(firstMinuteNeeded(state.closed, graceMinutes));
  state.hours.dropBefore(firstHourNeeded(state.closed, graceMinutes));
  const { revisions } = state;
  if (revisions === undefined) return;
  for (const key of revisions.keys()) if (key < revisionKey(0, state.closed - graceMinutes)) revisions.delete(key);
  if (revisions.size === 0) state.revisions = undefined;
}
