import {
  type Buckets,
  createMetric,
  type ExponentialData,
  type HistogramData,
  type NumberPoint,
  type OtlpDefect,
  type OtlpMetric,
  type OtlpResource,
  type PointHead,
  type SummaryData,
  spendItem,
  spendValues,
} from './otlp-model.ts';
import {
  decodeProto,
  enter,
  nextTag,
  type ProtoInput,
  readDoubles,
  readFixed64s,
  readText,
  readTime,
  readVarints,
} from './proto-reader.ts';
import { readResources } from './proto-resources.ts';
import { readAttribute } from './proto-values.ts';
import type { StringTable } from './string-table.ts';

/** The metrics of an ExportMetricsServiceRequest in Protobuf, or why the bytes are none. Never throws. */
export const decodeProtoMetrics = (bytes: Uint8Array, strings: StringTable): OtlpResource<OtlpMetric>[] | OtlpDefect =>
  decodeProto(bytes, strings, (input, end) => readResources(input, end, readMetric));

function readMetric(input: ProtoInput): OtlpMetric {
  const end = enter(input);
  const metric = createMetric();
  for (let tag = nextTag(input, end); tag !== 0; tag = nextTag(input, end)) readMetricField(input, tag, metric);
  return metric;
}

function readMetricField(input: ProtoInput, tag: number, metric: OtlpMetric): void {
  switch (tag) {
    case 0x0a:
      metric.name = readText(input);
      break;
    case 0x1a:
      metric.unit = readText(input);
      break;
    case 0x2a:
      metric.type = 'gauge';
      readData(input, metric, { into: metric.numbers, read: readNumber });
      break;
    case 0x3a:
      metric.type = 'sum';
      readData(input, metric, { into: metric.numbers, read: readNumber });
      break;
    case 0x4a:
      metric.type = 'histogram';
      readData(input, metric, { into: metric.histograms, read: readHistogram });
      break;
    case 0x52:
      metric.type = 'exponential';
      readData(input, metric, { into: metric.exponentials, read: readExponential });
      break;
    case 0x5a:
      metric.type = 'summary';
      readData(input, metric, { into: metric.summaries, read: readSummary });
      break;
  }
}

interface Points<Point> {
  into: Point[];
  read: (input: ProtoInput) => Point;
}

/** Gauge, Sum, Histogram, ExponentialHistogram and Summary number their fields alike. */
function readData<Point>(input: ProtoInput, metric: OtlpMetric, { into, read }: Points<Point>): void {
  const end = enter(input);
  for (let tag = nextTag(input, end); tag !== 0; tag = nextTag(input, end)) {
    if (tag === 0x0a) {
      spendItem(input.budget);
      into.push(read(input));
    } else if (tag === 0x10) metric.temporality = input.pbf.readVarint();
    else if (tag === 0x18) metric.isMonotonic = input.pbf.readBoolean();
  }
}

function readNumber(input: ProtoInput): NumberPoint {
  const end = enter(input);
  const { pbf } = input;
  const point: NumberPoint = { attributes: {}, at: 0, startAt: 0, flags: 0, value: Number.NaN };
  for (let tag = nextTag(input, end); tag !== 0; tag = nextTag(input, end)) {
    if (tag === 0x21) point.value = pbf.readDouble();
    else if (tag === 0x31) point.value = pbf.readSFixed64();
    else if (tag === 0x3a) readAttribute(input, point.attributes);
    else if (tag === 0x40) point.flags = pbf.readVarint();
    else readTimes(input, tag, point);
  }
  return point;
}

/** Every kind of point has its times in the same fields. */
function readTimes(input: ProtoInput, tag: number, point: PointHead): void {
  if (tag === 0x11) point.startAt = readTime(input);
  else if (tag === 0x19) point.at = readTime(input);
}

const emptyPoint = () => ({
  attributes: {},
  at: 0,
  startAt: 0,
  flags: 0,
  count: 0,
  sum: null,
  min: null,
  max: null,
});

function readHistogram(input: ProtoInput): HistogramData {
  const end = enter(input);
  const point: HistogramData = { ...emptyPoint(), bounds: [], counts: [] };
  for (let tag = nextTag(input, end); tag !== 0; tag = nextTag(input, end)) readHistogramField(input, tag, point);
  return point;
}

function readHistogramField(input: ProtoInput, tag: number, point: HistogramData): void {
  switch (tag) {
    case 0x4a:
      readAttribute(input, point.attributes);
      break;
    case 0x32:
      append(point.counts, readFixed64s(input));
      break;
    case 0x3a:
      append(point.bounds, readDoubles(input));
      break;
    // Repeated numbers may also come one by one.
    case 0x31:
      pushCounted(input, point.counts, input.pbf.readFixed64());
      break;
    case 0x39:
      pushCounted(input, point.bounds, input.pbf.readDouble());
      break;
    case 0x50:
      point.flags = input.pbf.readVarint();
      break;
    case 0x59:
      point.min = input.pbf.readDouble();
      break;
    case 0x61:
      point.max = input.pbf.readDouble();
      break;
    default:
      readAmounts(input, tag, point);
  }
}

function append(into: number[], numbers: readonly number[]): void {
  for (const number of numbers) into.push(number);
}

function pushCounted(input: ProtoInput, into: number[], number: number): void {
  spendValues(input.budget, 1);
  into.push(number);
}

function readAmounts(input: ProtoInput, tag: number, point: PointHead & { count: number; sum: number | null }): void {
  if (tag === 0x21) point.count = input.pbf.readFixed64();
  else if (tag === 0x29) point.sum = input.pbf.readDouble();
  else readTimes(input, tag, point);
}

function readExponential(input: ProtoInput): ExponentialData {
  const end = enter(input);
  const [positive, negative] = [emptyBuckets(), emptyBuckets()];
  const point: ExponentialData = { ...emptyPoint(), scale: 0, zeroCount: 0, zeroThreshold: 0, positive, negative };
  for (let tag = nextTag(input, end); tag !== 0; tag = nextTag(input, end)) readExponentialField(input, tag, point);
  return point;
}

const emptyBuckets = (): Buckets => ({ offset: 0, counts: [] });

function readExponentialField(input: ProtoInput, tag: number, point: ExponentialData): void {
  const { pbf } = input;
  switch (tag) {
    case 0x0a:
      readAttribute(input, point.attributes);
      break;
    case 0x30:
      point.scale = pbf.readSVarint();
      break;
    case 0x39:
      point.zeroCount = pbf.readFixed64();
      break;
    case 0x42:
      readBuckets(input, point.positive);
      break;
    case 0x4a:
      readBuckets(input, point.negative);
      break;
    case 0x50:
      point.flags = pbf.readVarint();
      break;
    case 0x61:
      point.min = pbf.readDouble();
      break;
    case 0x69:
      point.max = pbf.readDouble();
      break;
    case 0x71:
      point.zeroThreshold = pbf.readDouble();
      break;
    default:
      readAmounts(input, tag, point);
  }
}

function readBuckets(input: ProtoInput, buckets: Buckets): void {
  const end = enter(input);
  for (let tag = nextTag(input, end); tag !== 0; tag = nextTag(input, end)) {
    if (tag === 0x08) buckets.offset = input.pbf.readSVarint();
    else if (tag === 0x12) append(buckets.counts, readVarints(input));
    else if (tag === 0x10) pushCounted(input, buckets.counts, input.pbf.readVarint());
  }
}

function readSummary(input: ProtoInput): SummaryData {
  const end = enter(input);
  const point: SummaryData = { attributes: {}, at: 0, startAt: 0, flags: 0, count: 0, sum: 0, quantiles: [] };
  for (let tag = nextTag(input, end); tag !== 0; tag = nextTag(input, end)) {
    if (tag === 0x3a) readAttribute(input, point.attributes);
    else if (tag === 0x32) point.quantiles.push(readQuantile(input));
    else if (tag === 0x40) point.flags = input.pbf.readVarint();
    else readAmounts(input, tag, point);
  }
  return point;
}

function readQuantile(input: ProtoInput) {
  spendValues(input.budget, 1);
  const end = enter(input);
  const read = { quantile: 0, value: 0 };
  for (let tag = nextTag(input, end); tag !== 0; tag = nextTag(input, end)) {
    if (tag === 0x09) read.quantile = input.pbf.readDouble();
    else if (tag === 0x11) read.value = input.pbf.readDouble();
  }
  return read;
}
