import { MAX_BODY_BYTES } from '../../platform/http/body-limits.ts';
import { TELEMETRY_LIMITS } from '../../schemas/api/telemetry-limits.ts';

const KIB = 1024;
const MIB = KIB * KIB;

/** Every limit of a remote-write request. */
export const REMOTE_WRITE_LIMITS = {
  /** Of the body as it is sent. */
  compressedBytes: MAX_BODY_BYTES,
  /** Of the body as its snappy block declares it. */
  decompressedBytes: 8 * MIB,
  /** What a request may take as one record of the log, estimated: with interned symbols a small body can stand for a large record. */
  recordBytes: 7 * MIB,
  series: 50_000,
  /** Samples and native histograms together. */
  samples: 50_000,
  symbols: 200_000,
  /** Descriptions of metric families in a request of version 1.0. */
  metadata: 50_000,
  /** Of one series, without its name and its service. */
  labels: TELEMETRY_LIMITS.names,
  labelNameLength: TELEMETRY_LIMITS.metadataNameLength,
  labelValueLength: 1_024,
  metricNameLength: TELEMETRY_LIMITS.metricNameLength,
  serviceLength: TELEMETRY_LIMITS.serviceLength,
  /** Populated buckets of one native histogram, and its spans. */
  histogramBuckets: 2_000,
  /** Of the bodies being received and written at once, as they are sent. */
  inFlightBytes: 64 * MIB,
  /** Bytes of label sets that are remembered between requests, estimated; the least recently used half is forgotten at that point. */
  rememberedBytes: 128 * MIB,
} as const;
