import { AvroReader, UnexpectedBytesError } from '../avro-reader.ts';
import { ByteCache } from '../byte-cache.ts';
import type { DecodeReason } from '../codec.ts';
import type { HistogramPoint, MetricBatch, MetricPoint } from './metric-batch.ts';
import { decodeMetricBatch, METRIC_BATCH_FINGERPRINT } from './metric-batch-codec.ts';
import type { SeriesHead } from './metric-batch-writer.ts';
import { isPossibleHistogram, isPossiblePoint, isWhole } from './possible-batches.ts';

/** A point or a histogram, and what is known of its series: the same object for all items of a series while it is remembered. */
export interface SeriesItem<Series> extends MetricPoint {
  series: Series;
  /** Then the value is its sum, or zero. */
  histogram: HistogramPoint | undefined;
}

export type BatchHead = Omit<MetricBatch, 'series'>;

/** A batch item by item: series by series, points before histograms. */
export interface ItemBatch<Series> extends BatchHead {
  items: SeriesItem<Series>[];
}

export interface MetricBatchReaderOptions<Series> {
  /** What is to be known of a series; remembered with it, never changed here. */
  describe(head: SeriesHead): Series;
  /** What may be remembered, estimated. */
  maxBytes: number;
}

/** Reads what decodeMetricBatch reads, and refuses what it refuses for the same reasons. */
export type MetricBatchReader<Series> = (bytes: Uint8Array) => ItemBatch<Series> | DecodeReason;

interface Run<Series> {
  reader: AvroReader;
  cache: ByteCache<Series>;
  describe(head: SeriesHead): Series;
  items: SeriesItem<Series>[];
}

const preambleBytes = 10;
const kinds = ['gauge', 'delta', 'cumulative'] as const satisfies readonly SeriesHead['kind'][];
const fingerprintLow = Number(METRIC_BATCH_FINGERPRINT & 0xffffffffn);
const fingerprintHigh = Number(METRIC_BATCH_FINGERPRINT >> 32n);
/** What the texts and objects of a head take for each of its bytes in a record, and beside them. */
const costPerByte = 2;
const seriesCost = 400;

/**
 * A reader that remembers the heads of series by their bytes: the same ones come in every record, and reading one again costs a comparison.
 * What is out of the ordinary in any way is left to the codec of the schema, which then says what it is.
 */
export function createMetricBatchReader<Series>(options: MetricBatchReaderOptions<Series>): MetricBatchReader<Series> {
  const { describe } = options;
  const cache = new ByteCache<Series>(options.maxBytes);
  return (bytes) => {
    const batch = isPresent(bytes)
      ? read({ reader: new AvroReader(bytes, preambleBytes), cache, describe, items: [] })
      : undefined;
    return batch ?? readSlowly(bytes, describe);
  };
}

/** What stands before the series of a batch; undefined where only the whole batch can tell. The rest of the bytes may be anything. */
export function readMetricBatchHead(bytes: Uint8Array): BatchHead | undefined {
  if (!isPresent(bytes)) return undefined;
  return unlessUnexpected(() => readEnvelope(new AvroReader(bytes, preambleBytes)));
}

function isPresent(bytes: Uint8Array): boolean {
  if (bytes.length < preambleBytes || bytes[0] !== 0xc3 || bytes[1] !== 0x01) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getUint32(2, true) === fingerprintLow && view.getUint32(6, true) === fingerprintHigh;
}

function readSlowly<Series>(
  bytes: Uint8Array,
  describe: (head: SeriesHead) => Series,
): ItemBatch<Series> | DecodeReason {
  const batch = decodeMetricBatch(bytes);
  if (typeof batch === 'string') return batch;
  const { series, ...envelope } = batch;
  const items = series.flatMap(({ points, histograms, ...head }) => {
    const known = describe(head);
    return [
      ...points.map((point) => ({ ...point, series: known, histogram: undefined })),
      ...histograms.map((histogram) => itemOf(histogram, known)),
    ];
  });
  return { ...envelope, items };
}

/** Undefined when anything is out of the ordinary. */
function read<Series>(run: Run<Series>): ItemBatch<Series> | undefined {
  const { reader, items } = run;
  return unlessUnexpected(() => {
    const envelope = readEnvelope(reader);
    readBlocks(reader, () => readSeries(run));
    return reader.isAtEnd && isWhole(envelope, items.length) ? { ...envelope, items } : undefined;
  });
}

function unlessUnexpected<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError || error instanceof UnexpectedBytesError) return undefined;
    throw error;
  }
}

function readEnvelope(reader: AvroReader): BatchHead {
  return {
    tenant: reader.string(),
    id: reader.string(),
    receivedAt: reader.long(),
    retentionDays: reader.long(),
    isRepeatable: reader.boolean(),
  };
}

function readSeries<Series>(run: Run<Series>): void {
  const series = readHead(run);
  const { reader, items } = run;
  for (let count = reader.count(); count > 0; count = reader.count()) {
    for (; count > 0; count--) items.push(readPoint(reader, series));
  }
  readBlocks(reader, () => items.push(itemOf(readHistogram(reader), series)));
}

function readPoint<Series>(reader: AvroReader, series: Series): SeriesItem<Series> {
  const at = reader.long();
  const value = reader.double();
  const item = { at, value, startAt: reader.long(), series, histogram: undefined };
  if (!isPossiblePoint(item)) throw new UnexpectedBytesError('a point that cannot be');
  return item;
}

function readHead<Series>({ reader, cache, describe }: Run<Series>): Series {
  const start = reader.pos;
  const expected = cache.follow(reader, start, reader.bytes.length);
  if (expected !== undefined) {
    reader.pos = start + expected.length;
    return expected.value;
  }
  skipHead(reader);
  const end = reader.pos;
  const known = cache.find(reader, start, end);
  if (known !== undefined) return known.value;
  reader.pos = start;
  const value = describe(readHeadOf(reader));
  cache.add(reader, { start, end, value, cost: seriesCost + (end - start) * costPerByte });
  return value;
}

function skipHead(reader: AvroReader): void {
  for (let text = 0; text < 3; text++) reader.skipString();
  reader.long();
  readBlocks(reader, () => {
    reader.skipString();
    reader.skipString();
  });
  readBlocks(reader, () => reader.skipString());
}

function readHeadOf(reader: AvroReader): SeriesHead {
  const [service, metric, unit] = [reader.string(), reader.string(), reader.string()];
  const kind = kinds[reader.count()];
  if (kind === undefined) throw new UnexpectedBytesError('a kind of series that is not known');
  const labels: Record<string, string> = {};
  readBlocks(reader, () => {
    const name = reader.string();
    labels[name] = reader.string();
  });
  const unrolled: string[] = [];
  readBlocks(reader, () => unrolled.push(reader.string()));
  return { service, metric, unit, kind, labels, unrolled };
}

function readHistogram(reader: AvroReader): HistogramPoint {
  const [at, startAt] = [reader.long(), reader.long()];
  const [sum, min, max] = [readOptional(reader), readOptional(reader), readOptional(reader)];
  const [bounds, counts] = [readDoubles(reader), readDoubles(reader)];
  const histogram = { at, startAt, sum, min, max, bounds, counts };
  if (!isPossibleHistogram(histogram)) throw new UnexpectedBytesError('a histogram that cannot be');
  return histogram;
}

function readOptional(reader: AvroReader): number | null {
  const branch = reader.count();
  if (branch > 1) throw new UnexpectedBytesError('neither null nor a number');
  return branch === 1 ? reader.double() : null;
}

function readDoubles(reader: AvroReader): number[] {
  const values: number[] = [];
  readBlocks(reader, () => values.push(reader.double()));
  return values;
}

function readBlocks(reader: AvroReader, readItem: () => void): void {
  for (let count = reader.count(); count > 0; count = reader.count()) {
    for (; count > 0; count--) readItem();
  }
}

function itemOf<Series>(histogram: HistogramPoint, series: Series): SeriesItem<Series> {
  return { at: histogram.at, value: histogram.sum ?? 0, startAt: histogram.startAt, series, histogram };
}
