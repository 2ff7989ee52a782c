import { REMOTE_WRITE_LIMITS as LIMITS } from './limits.ts';
import { type Cursor, ExcessError, enter, leave, openCursor } from './protobuf.ts';
import type { WriteRequest, WrittenSeries } from './write-request.ts';

// The one NaN that Prometheus writes when a series ends.
const staleHigh = 0x7ff00000;
const staleLow = 2;

/** A message `Sample` with both fields in their order: tag and length, tag and value, tag and time. */
const plain = { tag: 0x12, valueTag: 0x09, valueAt: 3, timeTag: 0x10, timeAt: 12, maxTimeBytes: 7 };

/** A request while it is read. */
export interface RequestRun {
  cursor: Cursor;
  request: WriteRequest;
  /** Samples and native histograms so far. */
  samples: number;
}

export const startRequest = (bytes: Buffer): RequestRun => ({
  cursor: openCursor(bytes),
  request: { series: [], staleMarkers: 0, notFinite: 0, exemplars: 0 },
  samples: 0,
});

/** Whether the double at a position is a stale marker. */
export function isStaleMarker({ reader: { dataView } }: Cursor, pos: number): boolean {
  return dataView.getUint32(pos + 4, true) === staleHigh && dataView.getUint32(pos, true) === staleLow;
}

/** Reads a message `Sample`, which is the same in both versions, into the points of a series; counts one without a finite value. */
export function readSample(run: RequestRun, end: number, { points }: WrittenSeries): void {
  const { cursor } = run;
  const { reader } = cursor;
  const stop = enter(cursor, end);
  countSample(run);
  let value = 0;
  let isStale = false;
  let at = 0;
  let startAt = 0;
  for (let field = reader.nextField(stop); field !== 0; field = reader.nextField(stop)) {
    if (field === 1) {
      value = reader.readDouble();
      isStale = Number.isNaN(value) && isStaleMarker(cursor, reader.pos - 8);
    } else if (field === 2) at = reader.readVarint(true);
    else if (field === 3) startAt = reader.readVarint(true);
  }
  leave(cursor, stop);
  // Adding zero turns -0 into 0.
  if (Number.isFinite(value)) points.push({ at, value: value + 0, startAt });
  else if (isStale) run.request.staleMarkers++;
  else run.request.notFinite++;
}

/**
 * Reads a sample as every sender writes it: the value, then the time, nothing else. False, and nothing is read, when the bytes at the cursor are
 * anything else, such as no sample at all; then they are to be read field by field.
 */
export function readPlainSample(run: RequestRun, end: number, { points }: WrittenSeries): boolean {
  const { reader, bytes, view } = run.cursor;
  const start = reader.pos;
  const timeAt = start + plain.timeAt;
  if (timeAt >= end || bytes[start] !== plain.tag || bytes[start + 2] !== plain.valueTag) return false;
  const stop = start + 2 + (bytes[start + 1] ?? 0);
  if (stop > end || bytes[timeAt - 1] !== plain.timeTag) return false;
  const value = view.getFloat64(start + plain.valueAt, true);
  const at = wholeVarint(bytes, timeAt, stop);
  if (at === undefined || !Number.isFinite(value)) return false;
  countSample(run);
  points.push({ at, value: value + 0, startAt: 0 });
  reader.pos = stop;
  return true;
}

/** The varint that takes exactly these bytes; undefined when there is none, or it is larger than a time is. */
function wholeVarint(bytes: Uint8Array, start: number, end: number): number | undefined {
  if (end <= start || end - start > plain.maxTimeBytes) return undefined;
  let value = 0;
  let scale = 1;
  for (let pos = start; pos < end - 1; pos++) {
    const byte = bytes[pos] ?? 0;
    if (byte < 0x80) return undefined;
    value += (byte & 0x7f) * scale;
    scale *= 0x80;
  }
  const last = bytes[end - 1] ?? 0x80;
  return last < 0x80 ? value + last * scale : undefined;
}

/** Counts a sample or a native histogram. ExcessError beyond what a request may hold. */
export function countSample(run: RequestRun): void {
  if (++run.samples > LIMITS.samples) throw new ExcessError(`more than ${LIMITS.samples} samples`);
}

/** Takes a series. ExcessError beyond what a request may hold. */
export function addSeries({ request: { series } }: RequestRun, added: WrittenSeries): void {
  if (series.length >= LIMITS.series) throw new ExcessError(`more than ${LIMITS.series} series`);
  series.push(added);
}
