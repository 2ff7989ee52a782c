import { REMOTE_WRITE_LIMITS as LIMITS } from './limits.ts';
import { type Cursor, ExcessError, enter, leave, openCursor } from './protobuf.ts';
import type { WriteRequest, WrittenSeries } from './write-request.ts';

// The one NaN that Prometheus writes when a series ends.
const staleHigh = 0x7ff00000;
const staleLow = 2;

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

/** Counts a sample or a native histogram. ExcessError beyond what a request may hold. */
export function countSample(run: RequestRun): void {
  if (++run.samples > LIMITS.samples) throw new ExcessError(`more than ${LIMITS.samples} samples`);
}

/** Takes a series. ExcessError beyond what a request may hold. */
export function addSeries({ request: { series } }: RequestRun, added: WrittenSeries): void {
  if (series.length >= LIMITS.series) throw new ExcessError(`more than ${LIMITS.series} series`);
  series.push(added);
}
