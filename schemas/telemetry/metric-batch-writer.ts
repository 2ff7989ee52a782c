import { AvroWriter, preambleOf } from '../avro-writer.ts';
import type { HistogramPoint, MetricBatch, MetricSeries } from './metric-batch.ts';

/** What names a series and holds for all its points. */
export type SeriesHead = Omit<MetricSeries, 'points' | 'histograms'>;

/** A series whose head may be there already as it stands in a record: the same series comes in every request. */
export interface WritableSeries extends MetricSeries {
  /** From {@link encodeSeriesHead}. */
  head?: Uint8Array | undefined;
}

export type WritableBatch = Omit<MetricBatch, 'series'> & { series: readonly WritableSeries[] };

const kinds = ['gauge', 'delta', 'cumulative'] as const satisfies readonly MetricSeries['kind'][];
const none = 0;
const present = 1;
const writer = new AvroWriter();

/**
 * Encodes batches as the codec of the schema does, byte for byte, several times as fast. `fingerprint` is that of METRIC_BATCH_SCHEMA, whose
 * fields are written here one by one. Throws where a value does not fit: a bug of the caller.
 */
export function createMetricBatchEncoder(fingerprint: bigint): (batch: WritableBatch) => Uint8Array<ArrayBuffer> {
  const preamble = preambleOf(fingerprint);
  return (batch) => {
    writer.clear();
    writer.bytes(preamble);
    writeBatch(batch);
    return writer.take();
  };
}

/** The bytes of everything in a series that comes before its points. */
export function encodeSeriesHead(head: SeriesHead): Uint8Array<ArrayBuffer> {
  writer.clear();
  writeHead(head);
  return writer.take();
}

function writeBatch({ tenant, id, receivedAt, retentionDays, isRepeatable, series }: WritableBatch): void {
  writer.string(tenant);
  writer.string(id);
  writer.long(receivedAt);
  writer.long(retentionDays);
  writer.boolean(isRepeatable);
  writeItems(series, writeSeries);
}

function writeSeries(series: WritableSeries): void {
  if (series.head === undefined) writeHead(series);
  else writer.bytes(series.head);
  const { points } = series;
  if (points.length > 0) writer.long(points.length);
  for (const { at, value, startAt } of points) {
    writer.long(at);
    writer.double(value);
    writer.long(startAt);
  }
  writer.long(none);
  writeItems(series.histograms, writeHistogram);
}

function writeHead({ service, metric, unit, kind, labels, unrolled }: SeriesHead): void {
  writer.string(service);
  writer.string(metric);
  writer.string(unit);
  writer.long(kinds.indexOf(kind));
  const names = Object.keys(labels);
  if (names.length > 0) writer.long(names.length);
  for (const name of names) {
    writer.string(name);
    writer.string(labels[name] ?? '');
  }
  writer.long(none);
  writeItems(unrolled, writeString);
}

function writeHistogram({ at, startAt, sum, min, max, bounds, counts }: HistogramPoint): void {
  writer.long(at);
  writer.long(startAt);
  for (const value of [sum, min, max]) writeOptional(value);
  writeItems(bounds, writeDouble);
  writeItems(counts, writeDouble);
}

function writeOptional(value: number | null): void {
  writer.long(value === null ? none : present);
  if (value !== null) writer.double(value);
}

const writeString = (value: string): void => writer.string(value);
const writeDouble = (value: number): void => writer.double(value);

/** One block of all items, none when there are none, and the end. */
function writeItems<Item>(items: readonly Item[], write: (item: Item) => void): void {
  if (items.length > 0) writer.long(items.length);
  for (const item of items) write(item);
  writer.long(none);
}
