import type { StateName } from '../analytics/stateful-processor.ts';
import type { BinCounts } from '../math/bin-counts.ts';
import type { ByteBuffer } from '../native/byte-buffer.ts';
import type { Measurement } from '../processor.ts';
import type { ByteReader } from '../snapshots/byte-reader.ts';
import type { Bins } from './packed-bins.ts';
import { PackedPanes } from './packed-panes.ts';

/** What is known of one series. Minutes are whole minutes since the epoch. */
export interface SeriesState {
  readonly tenant: string;
  readonly subjectKind: Measurement['subjectKind'];
  readonly subject: string;
  readonly metric: string;
  /** Of the log: where the measurements come from. */
  readonly partition: number;
  retentionDays: number;
  /** Windows that end here or before were told; -Infinity before the first. */
  closed: number;
  /** Nothing changes before the watermark enters this minute. Follows from the rest. */
  due: number;
  /** Counts by minute and bin that no pane has yet: of open minutes, and late ones. */
  readonly pending: Map<number, Map<number, number>>;
  /** Panes of a minute, as far back as windows that may be told again need them. */
  minutes: PackedPanes;
  /** Panes of an hour. What the closed minutes hold is in them too. */
  hours: PackedPanes;
  /** How often late data changed a window: by {@link revisionKey}. */
  readonly revisions: Map<number, number>;
  /** The sketch of each window at `closed`, if it is at hand. Follows from the panes. */
  readonly sums: (BinCounts | undefined)[];
}

const separator = '\0';

export const seriesKey = ({ subjectKind, subject, metric }: Measurement): string =>
  `${subjectKind}${separator}${subject}${separator}${metric}`;

export function createSeriesState({ tenant, subjectKind, subject, metric, partition }: SeriesName): SeriesState {
  return {
    tenant,
    subjectKind,
    subject,
    metric,
    partition,
    retentionDays: 0,
    closed: Number.NEGATIVE_INFINITY,
    due: Number.POSITIVE_INFINITY,
    pending: new Map(),
    minutes: new PackedPanes(),
    hours: new PackedPanes(),
    revisions: new Map(),
    sums: [],
  };
}

type SeriesName = Pick<SeriesState, 'tenant' | 'subjectKind' | 'subject' | 'metric' | 'partition'>;

export const isEmptySeries = ({ pending, minutes, hours }: SeriesState): boolean =>
  pending.size === 0 && minutes.isEmpty && hours.isEmpty;

export function addPending({ pending }: SeriesState, minute: number, bin: number): void {
  let bins = pending.get(minute);
  if (bins === undefined) {
    bins = new Map();
    pending.set(minute, bins);
  }
  bins.set(bin, (bins.get(bin) ?? 0) + 1);
}

/** Removes what is pending of the minutes before `closed`; returns it in order of time. */
export function takePending({ pending }: SeriesState, closed: number): [minute: number, bins: Bins][] {
  const taken: [number, Bins][] = [];
  for (const [minute, bins] of pending) {
    if (minute >= closed) continue;
    taken.push([minute, toBins(bins)]);
    pending.delete(minute);
  }
  return taken.sort(([a], [b]) => a - b);
}

function toBins(counts: ReadonlyMap<number, number>): Bins {
  return counts.size === 1 ? [...counts].flat() : [...counts].sort(([a], [b]) => a - b).flat();
}

export function writeSeriesState(state: SeriesState, out: ByteBuffer): void {
  out.writeVaruint(state.retentionDays);
  out.writeFloat64(state.closed);
  out.writeVaruint(state.pending.size);
  for (const [minute, bins] of state.pending) {
    out.writeInt64(minute);
    writeCounts(bins, out);
  }
  state.minutes.snapshot(out);
  state.hours.snapshot(out);
  writeCounts(state.revisions, out);
}

/** The state as it was written, but for what follows from the rest. */
export function readSeriesState(input: ByteReader, { tenant, key, partition }: StateName): SeriesState {
  const [subjectKind, subject = '', metric = ''] = key.split(separator);
  const kind = subjectKind === 'service' ? 'service' : 'capability';
  const state = createSeriesState({ tenant, subjectKind: kind, subject, metric, partition });
  state.retentionDays = input.readVaruint();
  state.closed = input.readFloat64();
  for (let left = input.readVaruint(); left > 0; left--) state.pending.set(input.readInt64(), readCounts(input));
  state.minutes = PackedPanes.restore(input);
  state.hours = PackedPanes.restore(input);
  for (const [name, count] of readCounts(input)) state.revisions.set(name, count);
  return state;
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
