import { PbfWriter } from 'pbf';
import { compress } from 'snappyjs';

/** What Prometheus writes when a series ends. */
export const STALE = Symbol('stale marker');

export interface SentSample {
  value: number | typeof STALE;
  at: number;
  startAt?: number;
}

export interface SentSide {
  spans: readonly (readonly [offset: number, length: number])[];
  deltas?: readonly number[];
  counts?: readonly number[];
}

export interface SentHistogram {
  at: number;
  startAt?: number;
  sum?: number | typeof STALE;
  schema?: number;
  zeroThreshold?: number;
  zeroCount?: number;
  positive?: SentSide;
  negative?: SentSide;
  customValues?: readonly number[];
  resetHint?: number;
}

/** One series as a sender describes it. */
export interface SentSeries {
  labels: Readonly<Record<string, string>> | readonly (readonly [string, string])[];
  samples?: readonly SentSample[];
  histograms?: readonly SentHistogram[];
  /** Version 2.0: number of the metric type, and unit. */
  type?: number;
  unit?: string;
  /** Number of them. */
  exemplars?: number;
  createdAt?: number;
}

/** Description of a metric family in a request of version 1.0. */
export interface SentMetadata {
  family: string;
  type: number;
  unit?: string;
}

const staleBytes = Uint8Array.of(2, 0, 0, 0, 0, 0, 0xf0, 0x7f);

/** A message prometheus.WriteRequest, not compressed. */
export function encodeV1(series: readonly SentSeries[], metadata: readonly SentMetadata[] = []): Buffer {
  const writer = new PbfWriter();
  for (const one of series) writer.writeMessage(1, writeSeriesV1, one);
  for (const one of metadata) {
    writer.writeMessage(
      3,
      ({ family, type, unit = '' }: SentMetadata, pbf) => {
        pbf.writeVarintField(1, type);
        pbf.writeStringField(2, family);
        pbf.writeStringField(4, 'help');
        if (unit !== '') pbf.writeStringField(5, unit);
      },
      one,
    );
  }
  return Buffer.from(writer.finish());
}

/** A message io.prometheus.write.v2.Request, not compressed. */
export function encodeV2(series: readonly SentSeries[]): Buffer {
  const symbols = new Map([['', 0]]);
  const reference = (text: string) => {
    const known = symbols.get(text);
    if (known !== undefined) return known;
    symbols.set(text, symbols.size);
    return symbols.size - 1;
  };
  const references = series.map(({ labels }) => entriesOf(labels).flat().map(reference));
  const units = series.map(({ unit = '' }) => reference(unit));
  const writer = new PbfWriter();
  for (const symbol of symbols.keys()) writer.writeStringField(4, symbol);
  for (const [index, one] of series.entries()) {
    const sent = { ...one, references: references[index] ?? [], unitReference: units[index] ?? 0 };
    writer.writeMessage(5, writeSeriesV2, sent);
  }
  return Buffer.from(writer.finish());
}

interface ReferencingSeries extends SentSeries {
  references: number[];
  unitReference: number;
}

function writeSeriesV2(sent: ReferencingSeries, pbf: PbfWriter): void {
  const { samples = [], histograms = [], exemplars = 0 } = sent;
  pbf.writePackedVarint(1, sent.references);
  for (const sample of samples) pbf.writeMessage(2, writeSample, sample);
  for (const histogram of histograms) pbf.writeMessage(3, writeHistogram, histogram);
  for (let n = 0; n < exemplars; n++) pbf.writeMessage(4, writeExemplar, n);
  pbf.writeMessage(5, writeMetadataV2, sent);
  if (sent.createdAt !== undefined) pbf.writeVarintField(6, sent.createdAt);
}

function writeMetadataV2({ type = 0, unitReference }: ReferencingSeries, pbf: PbfWriter): void {
  pbf.writeVarintField(1, type);
  pbf.writeVarintField(4, unitReference);
}

export const snappy = (bytes: Buffer): Buffer => compress(bytes);

const entriesOf = (labels: SentSeries['labels']): (readonly [string, string])[] =>
  Array.isArray(labels) ? [...labels] : Object.entries(labels);

function writeSeriesV1({ labels, samples = [], histograms = [], exemplars = 0 }: SentSeries, pbf: PbfWriter): void {
  for (const label of entriesOf(labels)) pbf.writeMessage(1, writeLabel, label);
  for (const sample of samples) pbf.writeMessage(2, writeSample, sample);
  for (let n = 0; n < exemplars; n++) pbf.writeMessage(3, writeExemplar, n);
  for (const histogram of histograms) pbf.writeMessage(4, writeHistogram, histogram);
}

function writeLabel([name, value]: readonly [string, string], pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  pbf.writeStringField(2, value);
}

function writeSample({ value, at, startAt }: SentSample, pbf: PbfWriter): void {
  writeDouble(pbf, 1, value);
  pbf.writeVarintField(2, at);
  if (startAt !== undefined) pbf.writeVarintField(3, startAt);
}

function writeDouble(pbf: PbfWriter, field: number, value: number | typeof STALE): void {
  pbf.writeDoubleField(field, typeof value === 'number' ? value : 0);
  if (value === STALE) pbf.buf.set(staleBytes, pbf.pos - staleBytes.length);
}

function writeExemplar(n: number, pbf: PbfWriter): void {
  pbf.writeDoubleField(2, n);
}

function writeHistogram(sent: SentHistogram, pbf: PbfWriter): void {
  pbf.writeVarintField(1, 1);
  writeDouble(pbf, 3, sent.sum ?? 0);
  pbf.writeSVarintField(4, sent.schema ?? 0);
  pbf.writeDoubleField(5, sent.zeroThreshold ?? 0);
  pbf.writeVarintField(6, sent.zeroCount ?? 0);
  if (sent.negative !== undefined) writeSide(pbf, 8, sent.negative);
  if (sent.positive !== undefined) writeSide(pbf, 11, sent.positive);
  pbf.writeVarintField(14, sent.resetHint ?? 0);
  pbf.writeVarintField(15, sent.at);
  if (sent.customValues !== undefined) pbf.writePackedDouble(16, [...sent.customValues]);
  if (sent.startAt !== undefined) pbf.writeVarintField(17, sent.startAt);
}

function writeSide(pbf: PbfWriter, field: number, { spans, deltas = [], counts = [] }: SentSide): void {
  for (const span of spans) {
    pbf.writeMessage(
      field,
      ([offset, length]: readonly [number, number], nested) => {
        nested.writeSVarintField(1, offset);
        nested.writeVarintField(2, length);
      },
      span,
    );
  }
  pbf.writePackedSVarint(field + 1, [...deltas]);
  pbf.writePackedDouble(field + 2, [...counts]);
}
