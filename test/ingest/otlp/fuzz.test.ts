import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { createRandom, type Random } from '../../../bench/support/random.ts';
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
import { NOW } from '../../support/ingest-app.ts';
import { encodeOtlp } from '../../support/otlp-messages.ts';
import { sampleLogs, sampleMetrics, sampleSpans } from '../../support/otlp-samples.ts';
import { telemetryEnvelope } from '../../support/telemetry-batches.ts';

/** Mutated inputs of each decoder. */
const rounds = Number(process.env.TIDEMARK_FUZZ_INPUTS ?? 2_000);
const slowMs = 100;
/** What may be left when all is done. */
const maxHeldMib = 32;
const mib = 1024 ** 2;
const strings = createStringTable();
const collectGarbage = exposeGc();
const context = () => ({ receivedAt: NOW, retentionDays: 30, table: createCardinalityGuard<unknown>().table('org_1') });
const ids = { at: (index: number) => `id-${index}` };

/** Everything a decoder makes of an input goes on until the log would take it: a batch that cannot be encoded and read again is a failure. */
const targets: Record<string, { seeds: Buffer[]; run: (input: Buffer) => void }> = {
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

const tokens = [
  'null',
  '[]',
  '{}',
  '-1',
  '1e400',
  '"NaN"',
  '"',
  '99999999999999999999',
  '"-9"',
  '\\ud800',
  'true',
  '[[[[',
  '{"":',
].map((text) => Buffer.from(text));

function exposeGc(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

function heldBytes(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

interface Change {
  at: number;
  to: number;
  random: Random;
}

const withByte = (bytes: Buffer, { at }: Change, change: (byte: number) => number): Buffer => {
  const changed = Buffer.from(bytes);
  if (at < bytes.length) changed[at] = change(bytes[at] ?? 0);
  return changed;
};

const mutations: ((bytes: Buffer, change: Change) => Buffer)[] = [
  (bytes, change) => withByte(bytes, change, () => change.random.integer(256)),
  (bytes, change) => withByte(bytes, change, (byte) => byte ^ (1 << change.random.integer(8))),
  (bytes, change) => withByte(bytes, change, () => [0, 0x7f, 0x80, 0xff][change.random.integer(4)] ?? 0),
  (bytes, { at, to }) => Buffer.concat([bytes.subarray(0, at), bytes.subarray(to)]),
  (bytes, { at, to }) => Buffer.concat([bytes.subarray(0, to), bytes.subarray(at)]),
  (bytes, { at, to, random }) =>
    Buffer.concat([bytes.subarray(0, at), tokens[random.integer(tokens.length)] ?? bytes, bytes.subarray(to)]),
  (bytes, { at }) => bytes.subarray(0, at),
];

/** One to eight changes: bytes, bits, lengths, gaps, repetitions, tokens and cuts. */
function mutate(seed: Buffer, random: Random): Buffer {
  let bytes = seed;
  for (let left = random.integer(8); left >= 0; left--) {
    const at = random.integer(bytes.length + 1);
    const to = Math.min(bytes.length, at + random.integer(16));
    bytes = mutations[random.integer(mutations.length)]?.(bytes, { at, to, random }) ?? bytes;
  }
  return bytes;
}

describe('mutated requests', () => {
  it.each(Object.keys(targets))(
    'of %s crash nothing, hang nothing and fill no memory',
    (name) => {
      const { seeds, run } = targets[name] ?? { seeds: [], run: () => undefined };
      const random = createRandom(`otlp ${name}`, Number(process.env.TIDEMARK_FUZZ_SEED ?? 1));
      const before = heldBytes();
      let slowestMs = 0;
      for (let round = 0; round < rounds; round++) {
        const input = mutate(seeds[round % seeds.length] ?? Buffer.alloc(0), random);
        const startedAt = process.cpuUsage();
        try {
          run(input);
        } catch (error) {
          throw new Error(`round ${round}: ${input.toString('base64')}`, { cause: error });
        }
        const { user, system } = process.cpuUsage(startedAt);
        slowestMs = Math.max(slowestMs, (user + system) / 1_000);
      }
      expect(slowestMs).toBeLessThan(slowMs);
      expect(heldBytes() - before).toBeLessThan(maxHeldMib * mib);
    },
    600_000,
  );
});
