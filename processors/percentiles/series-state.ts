import type { Series } from '../analytics/series.ts';
import type { BinCounts } from '../math/bin-counts.ts';
import type { Arena } from '../memory/arena.ts';
import type { ByteBuffer } from '../native/byte-buffer.ts';
import type { ByteReader } from '../snapshots/byte-reader.ts';
import { PackedPanes, type PaneCursor } from './packed-panes.ts';
import { PendingPoints } from './pending-points.ts';
import { WINDOWS } from './windows.ts';

/** What is known of one series. Minutes are whole minutes since the epoch. */
export interface SeriesState {
  readonly series: Series;
  /** Where its panes and windows are. */
  readonly arena: Arena;
  retentionDays: number;
  /** Windows that end here or before were told; -Infinity before the first. */
  closed: number;
  /** Nothing changes before the watermark enters this minute. Follows from the rest. */
  due: number;
  /** Of open minutes, and late ones. */
  pending: PendingPoints;
  /** Panes of a minute, as far back as windows that may be told again need them. */
  minutes: PackedPanes;
  /** Panes of an hour, of the hours before `hour`. */
  hours: PackedPanes;
  /** What closed minutes hold is in the panes of hours before this one; -Infinity before the first. */
  hour: number;
  /** How often late data changed a window: by {@link revisionKey}. */
  revisions: Map<number, number> | undefined;
  /** Each window at `closed`, if it is at hand. Follows from the panes. */
  readonly slides: (WindowAt | undefined)[];
}

/** A window at one end, and the pane that leaves it next. */
export interface WindowAt extends PaneCursor {
  counts: BinCounts;
}

export function createSeriesState(series: Series, arena: Arena): SeriesState {
  return {
    series,
    retentionDays: 0,
    closed: Number.NEGATIVE_INFINITY,
    due: Number.POSITIVE_INFINITY,
    arena,
    pending: new PendingPoints(),
    minutes: new PackedPanes(arena),
    hours: new PackedPanes(arena),
    hour: Number.NEGATIVE_INFINITY,
    revisions: undefined,
    slides: WINDOWS.map(() => undefined),
  };
}

export const isEmptySeries = ({ pending, minutes, hours }: SeriesState): boolean =>
  pending.isEmpty && minutes.isEmpty && hours.isEmpty;

/** Gives the memory of the arena back. */
export function releaseSeries({ minutes, hours, slides }: SeriesState): void {
  minutes.release();
  hours.release();
  for (const at of slides) at?.counts.release();
}

export function writeSeriesState(state: SeriesState, out: ByteBuffer): void {
  out.writeVaruint(state.retentionDays);
  writeNumber(state.closed, out);
  writeNumber(state.hour, out);
  state.pending.snapshot(out);
  state.minutes.snapshot(out);
  state.hours.snapshot(out);
  writeCounts(state.revisions ?? noRevisions, out);
}

/** The state as it was written, but for what follows from the rest. */
export function readSeriesState(input: ByteReader, series: Series, arena: Arena): SeriesState {
  const state = createSeriesState(series, arena);
  state.retentionDays = input.readVaruint();
  state.closed = readNumber(input);
  state.hour = readNumber(input);
  state.pending = PendingPoints.restore(input);
  state.minutes = PackedPanes.restore(input, arena);
  state.hours = PackedPanes.restore(input, arena);
  const revisions = readCounts(input);
  if (revisions.size > 0) state.revisions = revisions;
  return state;
}

const unset = 0;
const noRevisions: ReadonlyMap<number, number> = new Map();

/** A whole number or -Infinity. */
function writeNumber(value: number, out: ByteBuffer): void {
  if (value === Number.NEGATIVE_INFINITY) out.writeVaruint(unset);
  else out.writeVaruint(value < 0 ? -2 * value : 2 * value + 1);
}

function readNumber(input: ByteReader): number {
  const value = input.readVaruint();
  if (value === unset) return Number.NEGATIVE_INFINITY;
  return value % 2 === 0 ? -value / 2 : (value - 1) / 2;
}

function writeCounts(counts: ReadonlyMap<number, number>, out: ByteBuffer): void {
  out.writeVaruint(counts.size);
  for (const [name, count] of counts) {
    out.writeInt64(name);
    out.writeVaruint(count);
  }
}

function readCounts(input: ByteReader): Map<number, number> {
  const counts = new Map<number, number>();
  for (let left = input.readVaruint(); left > 0; left--) counts.set(input.readInt64(), input.readVaruint());
  return counts;
}
