import type { MetricPoint } from '../../schemas/telemetry/metric-batch.ts';
import type { SeriesIdentity } from './accept-labels.ts';

/** What a metric is by its metadata; the numbers are those of both versions of the protocol. */
export const METRIC_TYPES = [
  'unknown',
  'counter',
  'gauge',
  'histogram',
  'gauge_histogram',
  'summary',
  'info',
  'state_set',
] as const;

export type MetricType = (typeof METRIC_TYPES)[number];

export interface MetricMetadata {
  type: MetricType;
  unit: string;
}

/** Consecutive buckets: `offset` buckets after the last of the span before. */
export interface BucketSpan {
  offset: number;
  length: number;
}

/** One side of a native histogram. */
export interface BucketSide {
  spans: BucketSpan[];
  /** Of integer histograms: each count as the difference from the one before. */
  deltas: number[];
  /** Of float histograms. */
  counts: number[];
}

/** A native histogram as it was sent. Times are milliseconds since the epoch. */
export interface NativeHistogram {
  at: number;
  /** 0: unknown. */
  startAt: number;
  sum: number;
  schema: number;
  zeroThreshold: number;
  zeroCount: number;
  positive: BucketSide;
  negative: BucketSide;
  /** Upper bounds of a histogram with custom buckets. */
  customValues: number[];
  isGauge: boolean;
  isStale: boolean;
}

/** One series of a request. Its points have finite values. */
export interface WrittenSeries {
  identity: SeriesIdentity;
  metadata: MetricMetadata | undefined;
  /** Of points and histograms that name no start of their own; 0: unknown. */
  startAt: number;
  points: MetricPoint[];
  histograms: NativeHistogram[];
}

/** A remote-write request of either version. */
export interface WriteRequest {
  series: WrittenSeries[];
  /** Samples that end a series. */
  staleMarkers: number;
  /** Samples whose value is NaN or infinite and no stale marker. */
  notFinite: number;
  exemplars: number;
}
