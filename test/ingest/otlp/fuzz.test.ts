import { describe, expect, it } from 'vitest';
import { createCardinalityGuard } from '../../../ingest/cardinality.ts';
import { acceptLogs } from '../../../ingest/otlp/accept-logs.ts';
import { acceptMetrics } from '../../../ingest/otlp/accept-metrics.ts';
import { acceptSpans } from '../../../ingest/otlp/accept-spans.ts';
import { decodeJsonLogs } from '../../../ingest/otlp/json-logs.ts';
import { decodeJsonMetrics } from '../../../ingest/otlp/json-metrics.ts';
import { decodeJsonSpans } from '../../../ingest/otlp/json-spans.ts';
import { decodeProtoLogs } from '../../../ingest/otlp/proto-logs.ts';
import { decodeProtoMetrics } from '../../../ingest/otlp/proto-metrics.ts';
import { decodeProtoSpans } from '../../../ingest/otlp/proto-spans.ts';
import { createStringTable } from '../../../ingest/otlp/string-table.ts';
import { decodeEdgeBatch, encodeEdgeBatch } from '../../../schemas/telemetry/edge-batch-codec.ts';
import { decodeLogBatch, encodeLogBatch } from '../../../schemas/telemetry/log-batch-codec.ts';
import { decodeMetricBatch, encodeMetricBatch } from '../../../schemas/telemetry/metric-batch-codec.ts';
import { FUZZ_LIMITS, type FuzzTarget, fuzz } from '../../support/fuzz.ts';
import { NOW } from '../../support/ingest-app.ts';
import { encodeOtlp } from '../../support/otlp-messages.ts';
import { sampleLogs, sampleMetrics, sampleSpans } from '../../support/otlp-samples.ts';
import { telemetryEnvelope } from '../../support/telemetry-batches.ts';

/** Mutated inputs of each decoder; the whole proof is 100,000. */
const rounds = Number(process.env.TIDEMARK_FUZZ_INPUTS ?? 2_000);
const strings = createStringTable();
const context = () => ({ receivedAt: NOW, retentionDays: 30, table: createCardinalityGuard<unknown>().table('org_1') });
const ids = { at: (index: number) => `id-${index}` };

/** Everything a decoder makes of an input goes on until the log would take it: a batch that cannot be encoded and read again is a failure. */
const targets: Record<string, FuzzTarget> = {
  'metrics in Protobuf': {
    seeds: [encodeOtlp('Metrics', sampleMetrics)],
    run: (input) => runMetrics(decodeProtoMetrics(input, strings)),
  },
  'logs in Protobuf': {
    seeds: [encodeOtlp('Logs', sampleLogs)],
    run: (input) => runLogs(decodeProtoLogs(input, strings)),
  },
  'spans in Protobuf': {
    seeds: [encodeOtlp('Traces', sampleSpans)],
    run: (input) => runSpans(decodeProtoSpans(input, strings)),
  },
  'metrics in JSON': { seeds: [jsonOf(sampleMetrics)], run: (input) => runMetrics(decodeJsonMetrics(parse(input))) },
  'logs in JSON': { seeds: [jsonOf(sampleLogs)], run: (input) => runLogs(decodeJsonLogs(parse(input))) },
  'spans in JSON': { seeds: [jsonOf(sampleSpans)], run: (input) => runSpans(decodeJsonSpans(parse(input))) },
};

function jsonOf(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function parse(input: Buffer): unknown {
  try {
    return JSON.parse(input.toString());
  } catch {
    return undefined;
  }
}

function runMetrics(decoded: ReturnType<typeof decodeProtoMetrics>): void {
  if (typeof decoded === 'string') return;
  for (const series of acceptMetrics(decoded, context()).records) {
    expectReadable(decodeMetricBatch(encodeMetricBatch({ ...telemetryEnvelope, series })));
  }
}

function runLogs(decoded: ReturnType<typeof decodeProtoLogs>): void {
  if (typeof decoded === 'string') return;
  for (const logs of acceptLogs(decoded, { ...context(), ids }).records) {
    expectReadable(decodeLogBatch(encodeLogBatch({ ...telemetryEnvelope, logs })));
  }
}

function runSpans(decoded: ReturnType<typeof decodeProtoSpans>): void {
  if (typeof decoded === 'string') return;
  const { series: records, edges: edgeRecords } = acceptSpans(decoded, context());
  for (const series of records) {
    expectReadable(decodeMetricBatch(encodeMetricBatch({ ...telemetryEnvelope, series })));
  }
  for (const edges of edgeRecords) {
    expectReadable(decodeEdgeBatch(encodeEdgeBatch({ ...telemetryEnvelope, edges })));
  }
}

function expectReadable(batch: unknown): void {
  if (typeof batch === 'string') throw new Error(`the record is ${batch}`);
}

describe('mutated requests', () => {
  it.each(Object.entries(targets))(
    'of %s crash nothing, hang nothing and fill no memory',
    async (name, target) => {
      const { slowestMs, heldMib } = await fuzz(`otlp ${name}`, target, rounds);
      expect(slowestMs).toBeLessThan(FUZZ_LIMITS.slowestMs);
      expect(heldMib).toBeLessThan(FUZZ_LIMITS.heldMib);
    },
    600_000,
  );
});
