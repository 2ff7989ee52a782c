import { PbfWriter } from 'pbf';

type Kind =
  | 'string'
  | 'bool'
  | 'int'
  | 'sint'
  | 'double'
  | 'fixed64'
  | 'fixed32'
  | 'hex'
  | 'bytes'
  | 'doubles'
  | 'fixed64s'
  | 'varints';
type Fields = Readonly<Record<string, readonly [field: number, kind: Kind | { message: string }]>>;

const message = (name: string) => ({ message: name });
const times = { startTimeUnixNano: [2, 'fixed64'], timeUnixNano: [3, 'fixed64'] } as const;
const data = {
  dataPoints: [1, message('Number')],
  aggregationTemporality: [2, 'int'],
  isMonotonic: [3, 'bool'],
} as const;
const envelope = (scopes: string, item: string, items: string) => ({
  [`Resource_${item}`]: { resource: [1, message('Resource')], [scopes]: [2, message(`Scope_${item}`)] },
  [`Scope_${item}`]: { scope: [1, message('Scope')], [items]: [2, message(item)] },
});

/** The messages of OTLP by the names of their JSON form, as the specification numbers their fields. */
const messages: Readonly<Record<string, Fields>> = {
  Metrics: { resourceMetrics: [1, message('Resource_Metric')] },
  Logs: { resourceLogs: [1, message('Resource_Log')] },
  Traces: { resourceSpans: [1, message('Resource_Span')] },
  ...(envelope('scopeMetrics', 'Metric', 'metrics') as unknown as Record<string, Fields>),
  ...(envelope('scopeLogs', 'Log', 'logRecords') as unknown as Record<string, Fields>),
  ...(envelope('scopeSpans', 'Span', 'spans') as unknown as Record<string, Fields>),
  Resource: { attributes: [1, message('KeyValue')] },
  Scope: { name: [1, 'string'], version: [2, 'string'] },
  KeyValue: { key: [1, 'string'], value: [2, message('AnyValue')] },
  AnyValue: {
    stringValue: [1, 'string'],
    boolValue: [2, 'bool'],
    intValue: [3, 'int'],
    doubleValue: [4, 'double'],
    arrayValue: [5, message('ArrayValue')],
    kvlistValue: [6, message('KeyValueList')],
    bytesValue: [7, 'bytes'],
  },
  ArrayValue: { values: [1, message('AnyValue')] },
  KeyValueList: { values: [1, message('KeyValue')] },
  Metric: {
    name: [1, 'string'],
    description: [2, 'string'],
    unit: [3, 'string'],
    gauge: [5, message('Data')],
    sum: [7, message('Data')],
    histogram: [9, message('HistogramData')],
    exponentialHistogram: [10, message('ExponentialData')],
    summary: [11, message('SummaryData')],
  },
  Data: data,
  HistogramData: { ...data, dataPoints: [1, message('Histogram')] },
  ExponentialData: { ...data, dataPoints: [1, message('Exponential')] },
  SummaryData: { ...data, dataPoints: [1, message('Summary')] },
  Number: {
    attributes: [7, message('KeyValue')],
    ...times,
    asDouble: [4, 'double'],
    asInt: [6, 'fixed64'],
    flags: [8, 'int'],
  },
  Histogram: {
    ...times,
    count: [4, 'fixed64'],
    sum: [5, 'double'],
    bucketCounts: [6, 'fixed64s'],
    explicitBounds: [7, 'doubles'],
    attributes: [9, message('KeyValue')],
    flags: [10, 'int'],
    min: [11, 'double'],
    max: [12, 'double'],
  },
  Exponential: {
    attributes: [1, message('KeyValue')],
    ...times,
    count: [4, 'fixed64'],
    sum: [5, 'double'],
    scale: [6, 'sint'],
    zeroCount: [7, 'fixed64'],
    positive: [8, message('Buckets')],
    negative: [9, message('Buckets')],
    flags: [10, 'int'],
    min: [12, 'double'],
    max: [13, 'double'],
    zeroThreshold: [14, 'double'],
  },
  Buckets: { offset: [1, 'sint'], bucketCounts: [2, 'varints'] },
  Summary: {
    ...times,
    count: [4, 'fixed64'],
    sum: [5, 'double'],
    quantileValues: [6, message('Quantile')],
    attributes: [7, message('KeyValue')],
    flags: [8, 'int'],
  },
  Quantile: { quantile: [1, 'double'], value: [2, 'double'] },
  Log: {
    timeUnixNano: [1, 'fixed64'],
    severityNumber: [2, 'int'],
    severityText: [3, 'string'],
    body: [5, message('AnyValue')],
    attributes: [6, message('KeyValue')],
    traceId: [9, 'hex'],
    spanId: [10, 'hex'],
    observedTimeUnixNano: [11, 'fixed64'],
    eventName: [12, 'string'],
  },
  Span: {
    traceId: [1, 'hex'],
    spanId: [2, 'hex'],
    parentSpanId: [4, 'hex'],
    name: [5, 'string'],
    kind: [6, 'int'],
    startTimeUnixNano: [7, 'fixed64'],
    endTimeUnixNano: [8, 'fixed64'],
    attributes: [9, message('KeyValue')],
    status: [15, message('Status')],
  },
  Status: { message: [2, 'string'], code: [3, 'int'] },
};

export type OtlpRequestName = 'Metrics' | 'Logs' | 'Traces';
// biome-ignore lint/suspicious/noExplicitAny: a request in its JSON form, which may be anything
type Json = any;

/** The Protobuf form of a request given in its JSON form. */
export function encodeOtlp(name: OtlpRequestName, json: Json): Buffer {
  const writer = new PbfWriter();
  writeFields(name, json, writer);
  return Buffer.from(writer.finish());
}

function writeFields(name: string, json: Json, writer: PbfWriter): void {
  for (const [key, [field, kind]] of Object.entries(messages[name] ?? {})) {
    const value = json[key];
    if (value === undefined) continue;
    if (typeof kind === 'string') writeScalar(writer, { field, kind, value });
    else
      for (const item of [value].flat())
        writer.writeMessage(field, (part: Json, inner) => writeFields(kind.message, part, inner), item);
  }
}

function writeScalar(writer: PbfWriter, { field, kind, value }: { field: number; kind: Kind; value: Json }): void {
  const writers: Record<Kind, () => void> = {
    string: () => writer.writeStringField(field, value),
    bool: () => writer.writeBooleanField(field, value),
    int: () => writeInteger(writer, field, BigInt(value)),
    sint: () => writer.writeSVarintField(field, value),
    double: () => writer.writeDoubleField(field, Number(value)),
    fixed64: () => writeLong(writer, field, BigInt(value)),
    fixed32: () => writer.writeFixed32Field(field, value),
    hex: () => writer.writeBytesField(field, Buffer.from(value, 'hex')),
    bytes: () => writer.writeBytesField(field, Buffer.from(value, 'base64')),
    doubles: () => writer.writePackedDouble(field, value),
    fixed64s: () => writer.writePackedFixed64(field, value.map(Number)),
    varints: () => writer.writePackedVarint(field, value.map(Number)),
  };
  writers[kind]();
}

/** Exactly: nanoseconds since the epoch are more than a double can count. */
function writeLong(writer: PbfWriter, field: number, value: bigint): void {
  const bits = BigInt.asUintN(64, value);
  writer.writeTag(field, 1);
  writer.writeFixed32(Number(bits & 0xffffffffn));
  writer.writeFixed32(Number(bits >> 32n));
}

function writeInteger(writer: PbfWriter, field: number, value: bigint): void {
  const maxBytes = 10;
  writer.writeTag(field, 0);
  writer.realloc(maxBytes);
  let rest = BigInt.asUintN(64, value);
  for (; rest > 0x7fn; rest >>= 7n) writer.buf[writer.pos++] = Number(rest & 0x7fn) | 0x80;
  writer.buf[writer.pos++] = Number(rest);
}
