import { MAX_OTLP_BODY_BYTES } from '../../schemas/api/otlp.ts';

const mib = 1024 ** 2;

/** What an OTLP request may hold. Names of attributes and texts are counted in UTF-16 units. */
export const OTLP_LIMITS = {
  /** Of a body, before and after decompression; beyond it: 413. */
  bodyBytes: MAX_OTLP_BODY_BYTES,
  /** A compressed body may grow by this factor at most; telemetry repeats itself more than other texts. */
  inflateRatio: 200,
  /** Bodies that inflate to no more than this pass whatever their ratio. */
  inflateFloorBytes: mib,
  /** Bodies being worked on by one process, together, as they were announced or as they arrived; beyond it: 503. */
  inFlightBytes: 128 * mib,
  /** Resources, scopes, metrics, points, log records and spans of a request, together; beyond it: 413. */
  items: 100_000,
  /** Attributes, elements of arrays, buckets and quantiles of a request, together; beyond it: 413. */
  values: 2_000_000,
  /** Levels of nested attribute values; beyond it: 400. */
  valueDepth: 16,
  /** What a request comes to in the log, where every point carries the labels of its resource; beyond it: 413. */
  recordTextPerRequest: 64 * mib,
  /** Points or log events of one record. */
  itemsPerRecord: 10_000,
  /** Text of one record: at three bytes each still less than a record may have. */
  textPerRecord: 2 * mib,
  /** Longer names of services are cut. */
  serviceLength: 128,
  /** A point is rejected whose metric has a longer name (the data model's own limit), or a longer unit. */
  metricNameLength: 255,
  unitLength: 63,
  /** A point with more or longer labels is rejected: cutting them would make one series of two. */
  labels: 64,
  labelNameLength: 128,
  labelValueLength: 1_024,
  /** A histogram with more buckets is rejected. */
  buckets: 1_000,
  /** Further attributes of a log record are dropped, longer ones cut. */
  metadata: 64,
  metadataNameLength: 128,
  metadataValueLength: 8_192,
  /** Longer messages are cut. */
  messageLength: 65_536,
  /** Longer names of spans are cut. */
  operationLength: 255,
  /** What is further ahead of the clock is rejected. */
  futureMs: 10 * 60_000,
} as const;
