import type { AlertBatch } from '../../schemas/telemetry/alert-batch.ts';
import type { DeploymentBatch } from '../../schemas/telemetry/deployment-batch.ts';
import type { EdgeBatch } from '../../schemas/telemetry/edge-batch.ts';
import type { LogBatch, LogEvent } from '../../schemas/telemetry/log-batch.ts';
import type { HistogramPoint, MetricBatch, MetricSeries } from '../../schemas/telemetry/metric-batch.ts';

/** When the sample telemetry was measured, milliseconds since the epoch. */
export const TELEMETRY_AT = 1_773_829_800_000;

export const telemetryEnvelope = {
  tenant: 'org_1',
  id: 'f3b5c1d2-0000-5000-8000-000000000001',
  receivedAt: TELEMETRY_AT + 1_000,
  retentionDays: 30,
  isRepeatable: false,
};

/** A gauge of the service `checkout`, without points. */
export function createMetricSeries(fields: Partial<MetricSeries> = {}): MetricSeries {
  return {
    service: 'checkout',
    metric: 'latency',
    unit: 'ms',
    kind: 'gauge',
    labels: {},
    unrolled: [],
    points: [],
    histograms: [],
    ...fields,
  };
}

/** Bounds 10 and 20, six values in three buckets. */
export function createHistogram(fields: Partial<HistogramPoint> = {}): HistogramPoint {
  return {
    at: TELEMETRY_AT,
    startAt: 0,
    sum: 75,
    min: null,
    max: 31,
    bounds: [10, 20],
    counts: [3, 2, 1],
    ...fields,
  };
}

export function createMetricBatch(series: MetricSeries[], fields: Partial<MetricBatch> = {}): MetricBatch {
  return { ...telemetryEnvelope, series, ...fields };
}

export function createLogEvent(fields: Partial<LogEvent> = {}): LogEvent {
  return {
    id: '0195a8a0-0000-7000-8000-000000000001',
    service: 'checkout',
    level: 'error',
    message: 'payment refused',
    at: TELEMETRY_AT,
    traceId: '',
    spanId: '',
    metadata: {},
    ...fields,
  };
}

export function createLogBatch(logs: LogEvent[], fields: Partial<LogBatch> = {}): LogBatch {
  return { ...telemetryEnvelope, logs, ...fields };
}

export function createDeploymentBatch(fields: Partial<DeploymentBatch> = {}): DeploymentBatch {
  const deployment = {
    id: '0195a8a0-0000-7000-8000-000000000002',
    service: 'checkout',
    version: '1.4.2',
    environment: 'production',
    gitHash: 'abc123',
    at: TELEMETRY_AT,
    metadata: { by: 'ci' },
  };
  return { ...telemetryEnvelope, deployments: [deployment], ...fields };
}

export function createEdgeBatch(fields: Partial<EdgeBatch> = {}): EdgeBatch {
  const edge = { caller: 'web', callee: 'checkout', at: TELEMETRY_AT, calls: 12, errors: 1, durationMs: 345.5 };
  return { ...telemetryEnvelope, edges: [edge], ...fields };
}

export function createAlertBatch(fields: Partial<AlertBatch> = {}): AlertBatch {
  const alert = {
    id: 'anom-1',
    fingerprint: 'c0ffee',
    status: 'firing' as const,
    service: 'checkout',
    name: 'HighLatency',
    startsAt: TELEMETRY_AT,
    endsAt: 0,
    score: 0.9,
    mutedBy: '',
    labels: { severity: 'critical' },
    annotations: { summary: 'slow' },
    generatorUrl: 'http://prometheus.example/graph',
    truncated: 3,
  };
  return { ...telemetryEnvelope, alerts: [alert], ...fields };
}
