import type { AddressInfo } from 'node:net';
import { context as otelContext, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { SeverityNumber } from '@opentelemetry/api-logs';
import { AggregationTemporalityPreference } from '@opentelemetry/exporter-metrics-otlp-http';
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { AggregationType, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterEach, describe, expect, it } from 'vitest';
import { type LogStore, LogUnavailableError } from '../../../platform/log-store/log-store.ts';
import { createMemoryLog } from '../../../platform/log-store/memory.ts';
import { decodeEdgeBatch } from '../../../schemas/telemetry/edge-batch-codec.ts';
import { decodeLogBatch } from '../../../schemas/telemetry/log-batch-codec.ts';
import { decodeMetricBatch } from '../../../schemas/telemetry/metric-batch-codec.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import { INGEST_KEY, readRecords, startTestIngest, type TestIngest } from '../../support/ingest-app.ts';
import { exporters } from '../../support/otlp-exporters.ts';

type Encoding = keyof typeof exporters;
const encodings: Encoding[] = ['proto', 'json'];

let ingest: TestIngest | undefined;
afterEach(() => ingest?.app.close());

async function start(logStore?: LogStore) {
  ingest = await startTestIngest(logStore);
  // The SDKs have no clock but the machine's.
  ingest.clock.now = Date.now();
  await ingest.app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = ingest.app.server.address() as AddressInfo;
  const headers = { authorization: `Bearer ${INGEST_KEY}`, 'x-organization-id': 'ACME' };
  const optionsOf = (signal: string) => ({
    url: `http://127.0.0.1:${port}/v1/${signal}`,
    headers,
    compression: CompressionAlgorithm.GZIP,
  });
  return { optionsOf, logStore: ingest.logStore };
}

const resource = resourceFromAttributes({ 'service.name': 'checkout', 'host.name': 'node-1', 'process.pid': 7 });

interface MeterOptions {
  encoding: Encoding;
  options: object;
  temporality: AggregationTemporalityPreference;
}

function createMeters({ encoding, options, temporality }: MeterOptions) {
  const exporter = new exporters[encoding].Metrics({ ...options, temporalityPreference: temporality });
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const views = [{ instrumentName: 'size', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } as const }];
  return new MeterProvider({ resource, readers: [reader], views });
}

const storedSeries = async (logStore: LogStore) => {
  const batches = await readRecords(logStore, TOPICS.metrics, decodeMetricBatch);
  return batches.flatMap(({ series }) => series);
};

describe.each(encodings)('the official exporters speaking %s', (encoding) => {
  it('send totals that begin anew after a restart', async () => {
    const { optionsOf, logStore } = await start();
    const options = optionsOf('metrics');
    for (const values of [[5, 7], [2]]) {
      const meters = createMeters({ encoding, options, temporality: AggregationTemporalityPreference.CUMULATIVE });
      const counter = meters.getMeter('m').createCounter('requests', { unit: '1' });
      for (const value of values) {
        counter.add(value, { route: '/cart' });
        await meters.forceFlush();
      }
      await meters.shutdown();
    }
    const series = await storedSeries(logStore);
    const labels = { 'host.name': 'node-1', route: '/cart' };
    expect(series[0]).toMatchObject({ service: 'checkout', metric: 'requests', unit: '1', kind: 'cumulative', labels });
    // Shutting down exports once more.
    const values = series.map(({ points: [point] }) => point?.value);
    expect(values).toEqual([5, 12, 12, 2, 2]);
    const starts = series.map(({ points: [point] }) => point?.startAt ?? 0);
    expect(new Set(starts).size).toBe(2);
    expect(starts[3]).toBeGreaterThan(starts[0] ?? 0);
  });

  it('send increases, levels, and histograms of both kinds', async () => {
    const { optionsOf, logStore } = await start();
    const options = optionsOf('metrics');
    const meters = createMeters({ encoding, options, temporality: AggregationTemporalityPreference.DELTA });
    const meter = meters.getMeter('m');
    meter.createCounter('jobs').add(3);
    meter.createUpDownCounter('queue').add(-2);
    meter.createGauge('memory', { unit: 'By' }).record(12.5);
    const latency = meter.createHistogram('latency', { advice: { explicitBucketBoundaries: [10, 20] } });
    const size = meter.createHistogram('size');
    for (const value of [5, 15, 25]) latency.record(value);
    for (const value of [1, 3, 100]) size.record(value);
    await meters.forceFlush();
    const byName = new Map((await storedSeries(logStore)).map((series) => [series.metric, series]));
    await meters.shutdown();
    expect(byName.get('jobs')).toMatchObject({ kind: 'delta', points: [{ value: 3 }] });
    expect(byName.get('queue')).toMatchObject({ kind: 'gauge', points: [{ value: -2 }] });
    expect(byName.get('memory')).toMatchObject({ kind: 'gauge', unit: 'By', points: [{ value: 12.5 }] });
    const [histogram] = byName.get('latency')?.histograms ?? [];
    expect(histogram).toMatchObject({ sum: 45, min: 5, max: 25, bounds: [10, 20], counts: [1, 1, 1] });
    const [exponential] = byName.get('size')?.histograms ?? [];
    expect(exponential).toMatchObject({ sum: 104, min: 1, max: 100 });
    expect(exponential?.counts.reduce((sum, count) => sum + count)).toBe(3);
    // Each value is within a bucket that holds something.
    for (const value of [1, 3, 100]) {
      const bucket = exponential?.bounds.findIndex((bound) => value <= bound * (1 + 1e-12)) ?? -1;
      expect(exponential?.counts[bucket]).toBe(1);
    }
  });

  it('send log records', async () => {
    const { optionsOf, logStore } = await start();
    const exporter = new exporters[encoding].Logs(optionsOf('logs'));
    const loggers = new LoggerProvider({ resource, processors: [new BatchLogRecordProcessor({ exporter })] });
    const logger = loggers.getLogger('l');
    logger.emit({ severityNumber: SeverityNumber.ERROR, body: 'refused', attributes: { order: 7, tags: ['a', 'b'] } });
    logger.emit({ severityNumber: SeverityNumber.DEBUG2, body: { n: 1, deep: { ok: true } } });
    await loggers.forceFlush();
    const [batch] = await readRecords(logStore, TOPICS.logs, decodeLogBatch);
    await loggers.shutdown();
    expect(batch).toMatchObject({
      tenant: 'org_acme',
      isRepeatable: true,
      logs: [
        { service: 'checkout', level: 'error', message: 'refused', metadata: { order: '7', tags: '["a","b"]' } },
        { level: 'debug', message: '{"n":1,"deep":{"ok":true}}' },
      ],
    });
    expect(batch?.logs[0]?.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5/);
  });

  it('send spans, which become edges and self-times', async () => {
    const { optionsOf, logStore } = await start();
    const exporter = new exporters[encoding].Traces(optionsOf('traces'));
    const tracers = new BasicTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(exporter)] });
    const tracer = tracers.getTracer('t');
    const startTime = Date.now() - 1_000;
    const parent = tracer.startSpan('GET /cart', { kind: SpanKind.SERVER, startTime }, ROOT_CONTEXT);
    const inside = trace.setSpan(otelContext.active(), parent);
    const attributes = { 'peer.service': 'payments' };
    const call = tracer.startSpan('charge', { kind: SpanKind.CLIENT, startTime: startTime + 100, attributes }, inside);
    call.setStatus({ code: SpanStatusCode.ERROR });
    call.end(startTime + 300);
    parent.end(startTime + 1_000);
    await tracers.forceFlush();
    const series = await storedSeries(logStore);
    const [edges] = await readRecords(logStore, TOPICS.edges, decodeEdgeBatch);
    await tracers.shutdown();
    const values = series.map(({ metric, labels, points }) => [metric, labels.operation, points[0]?.value]);
    expect(values).toEqual([
      ['span.self_time', 'charge', 200],
      ['span.errors', 'charge', 1],
      ['span.self_time', 'GET /cart', 800],
    ]);
    expect(edges?.edges).toMatchObject([
      { caller: 'checkout', callee: 'payments', calls: 1, errors: 1, durationMs: 200 },
    ]);
  });

  it('repeat what was answered with 503, and the repeat has the id of what may have been stored', async () => {
    const { optionsOf, logStore } = await start(createForgetfulLog());
    const exporter = new exporters[encoding].Logs(optionsOf('logs'));
    const loggers = new LoggerProvider({ resource, processors: [new BatchLogRecordProcessor({ exporter })] });
    loggers.getLogger('l').emit({ body: 'once' });
    await loggers.forceFlush();
    const batches = await readRecords(logStore, TOPICS.logs, decodeLogBatch);
    await loggers.shutdown();
    expect(batches.map(({ isRepeatable, logs }) => [isRepeatable, logs.length])).toEqual([
      [true, 1],
      [true, 1],
    ]);
    expect(new Set(batches.map(({ id }) => id)).size).toBe(1);
    expect(new Set(batches.map(({ logs: [event] }) => event?.id)).size).toBe(1);
  });
});

/** Stores the first record and says that it could not promise so. */
function createForgetfulLog(): LogStore {
  const log = createMemoryLog();
  let appends = 0;
  return {
    async append(topic, partition, values) {
      const offsets = await log.append(topic, partition, values);
      if (appends++ === 0) throw new LogUnavailableError('the log did not answer in time');
      return offsets;
    },
    consume: (options) => log.consume(options),
    committed: (group, topic, partition) => log.committed(group, topic, partition),
    bounds: (topic, partition) => log.bounds(topic, partition),
    close: () => log.close(),
  };
}
