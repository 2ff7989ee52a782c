import type { PbfReader } from 'pbf';
import { REMOTE_WRITE_LIMITS as LIMITS } from './limits.ts';
import { type Cursor, ExcessError, enter, readFields, readRepeated } from './protobuf.ts';
import { isStaleMarker } from './read-sample.ts';
import type { BucketSide, NativeHistogram } from './write-request.ts';

const gaugeHint = 3;

/** Reads a message `Histogram`, which is the same in both versions. */
export function readHistogram(cursor: Cursor, end: number): NativeHistogram {
  const { reader } = cursor;
  const stop = enter(cursor, end);
  const histogram = emptyHistogram();
  readFields(cursor, stop, (field) => {
    if (field === 3) histogram.isStale = isStaleMarker(cursor, reader.pos);
    const scalar = scalars[field];
    if (scalar !== undefined) scalar(histogram, reader);
    else readBuckets(cursor, stop, { field, histogram });
  });
  return histogram;
}

const scalars: Record<number, (histogram: NativeHistogram, reader: PbfReader) => void> = {
  3: (histogram, reader) => {
    histogram.sum = reader.readDouble();
  },
  4: (histogram, reader) => {
    histogram.schema = reader.readSVarint();
  },
  5: (histogram, reader) => {
    histogram.zeroThreshold = reader.readDouble();
  },
  6: (histogram, reader) => {
    histogram.zeroCount = reader.readVarint();
  },
  7: (histogram, reader) => {
    histogram.zeroCount = reader.readDouble();
  },
  14: (histogram, reader) => {
    histogram.isGauge = reader.readVarint() === gaugeHint;
  },
  15: (histogram, reader) => {
    histogram.at = reader.readVarint(true);
  },
  17: (histogram, reader) => {
    histogram.startAt = reader.readVarint(true);
  },
};

interface BucketField {
  field: number;
  histogram: NativeHistogram;
}

function readBuckets(cursor: Cursor, end: number, { field, histogram }: BucketField): void {
  const { negative, positive } = histogram;
  const max = LIMITS.histogramBuckets;
  if (field === 8) readSpan(cursor, end, negative);
  else if (field === 9) readRepeated(cursor, { end, max, values: negative.deltas }, readSigned);
  else if (field === 10) readRepeated(cursor, { end, max, values: negative.counts }, readDouble);
  else if (field === 11) readSpan(cursor, end, positive);
  else if (field === 12) readRepeated(cursor, { end, max, values: positive.deltas }, readSigned);
  else if (field === 13) readRepeated(cursor, { end, max, values: positive.counts }, readDouble);
  else if (field === 16) readRepeated(cursor, { end, max, values: histogram.customValues }, readDouble);
}

function readSpan(cursor: Cursor, end: number, { spans }: BucketSide): void {
  if (spans.length >= LIMITS.histogramBuckets) throw new ExcessError('too many spans in a histogram');
  const { reader } = cursor;
  const span = { offset: 0, length: 0 };
  readFields(cursor, enter(cursor, end), (field) => {
    if (field === 1) span.offset = reader.readSVarint();
    else if (field === 2) span.length = reader.readVarint();
  });
  spans.push(span);
}

const readSigned = (reader: PbfReader): number => reader.readSVarint();
const readDouble = (reader: PbfReader): number => reader.readDouble();
const emptySide = (): BucketSide => ({ spans: [], deltas: [], counts: [] });

const emptyHistogram = (): NativeHistogram => ({
  at: 0,
  startAt: 0,
  sum: 0,
  schema: 0,
  zeroThreshold: 0,
  zeroCount: 0,
  positive: emptySide(),
  negative: emptySide(),
  customValues: [],
  isGauge: false,
  isStale: false,
});
