import { Counter, Histogram, type Registry } from 'prom-client';
import type { LogStore } from '../platform/log-store/log-store.ts';
import { LATENCY_BUCKETS } from '../platform/metrics.ts';
import type { EventBatch } from '../schemas/events/event-batch.ts';
import type { MetricSeries } from '../schemas/telemetry/metric-batch.ts';
import type { Destination, Ingestor, IngestRequest, Render } from './ingestor.ts';
import type { Stored, TelemetryWriter } from './telemetry-writer.ts';

export interface IngestMetrics {
  accepted: Counter;
  telemetryAccepted: Counter<'kind'>;
  appendDuration: Histogram<'result'>;
  appendedBytes: Counter;
}

/** What the ingest tier measures beside its requests. */
export function createIngestMetrics(registry: Registry): IngestMetrics {
  const registers = [registry];
  return {
    accepted: new Counter({
      name: 'tidemark_events_accepted_total',
      help: 'Events that are durable in the log and were answered so; repeats under an Idempotency-Key count once.',
      registers,
    }),
    telemetryAccepted: new Counter({
      name: 'tidemark_telemetry_accepted_total',
      help: 'Points, log events, deployments, edges between services and alerts that are durable in the log.',
      labelNames: ['kind'],
      registers,
    }),
    appendDuration: new Histogram({
      name: 'tidemark_log_append_duration_seconds',
      help: 'Time until the log said that a record is durable, or that it cannot promise it.',
      labelNames: ['result'],
      buckets: LATENCY_BUCKETS,
      registers,
    }),
    appendedBytes: new Counter({
      name: 'tidemark_log_appended_bytes_total',
      help: 'Bytes of record values that the log has stored.',
      registers,
    }),
  };
}

/** The same log, its appends measured. */
export function measureAppends(log: LogStore, metrics: IngestMetrics): LogStore {
  return {
    async append(topic, partition, values) {
      const startedAt = performance.now();
      const end = (result: 'stored' | 'failed') =>
        metrics.appendDuration.observe({ result }, (performance.now() - startedAt) / 1000);
      const bytes = values.reduce((sum, { length }) => sum + length, 0);
      try {
        const offsets = await log.append(topic, partition, values);
        end('stored');
        metrics.appendedBytes.inc(bytes);
        return offsets;
      } catch (error) {
        end('failed');
        throw error;
      }
    },
    consume: (options) => log.consume(options),
    committed: (group, topic, partition) => log.committed(group, topic, partition),
    bounds: (topic, partition) => log.bounds(topic, partition),
    close: () => log.close(),
  };
}

/** The same ingestor, the events it stores counted. */
export function countAccepted(ingestor: Ingestor, { accepted }: IngestMetrics): Ingestor {
  return {
    resolve: (request) => ingestor.resolve(request),
    async store<Body>(request: IngestRequest, destination: Destination, render: Render<Body>) {
      let count = 0;
      const counting: Render<Body> = (batch: EventBatch, tenant) => {
        count = batch.events.length;
        return render(batch, tenant);
      };
      const ingested = await ingestor.store(request, destination, counting);
      accepted.inc(count);
      return ingested;
    },
  };
}

/** The same writer, what it writes counted. */
export function countWritten(writer: TelemetryWriter, { telemetryAccepted }: IngestMetrics): TelemetryWriter {
  const count = (kind: string, amount: number, writing: Promise<Stored>) =>
    writing.then((stored) => {
      telemetryAccepted.inc({ kind }, amount);
      return stored;
    });
  return {
    metrics: (owner, batch) => count('points', countPoints(batch.series), writer.metrics(owner, batch)),
    logs: (owner, batch) => count('logs', batch.logs.length, writer.logs(owner, batch)),
    deployments: (owner, batch) => count('deployments', batch.deployments.length, writer.deployments(owner, batch)),
    edges: (owner, batch) => count('edges', batch.edges.length, writer.edges(owner, batch)),
    alerts: (owner, batch) => count('alerts', batch.alerts.length, writer.alerts(owner, batch)),
  };
}

const countPoints = (series: readonly MetricSeries[]): number =>
  series.reduce((sum, { points, histograms }) => sum + points.length + histograms.length, 0);
