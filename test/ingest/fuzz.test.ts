import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpServer } from '../../platform/http/server.ts';
import { createMemoryLog } from '../../platform/log-store/memory.ts';
import { decodeEventBatch } from '../../schemas/events/event-batch-codec.ts';
import { decodeDeploymentBatch } from '../../schemas/telemetry/deployment-batch-codec.ts';
import { decodeLogBatch } from '../../schemas/telemetry/log-batch-codec.ts';
import { decodeMetricBatch } from '../../schemas/telemetry/metric-batch-codec.ts';
import { TOPICS } from '../../schemas/topics.ts';
import { FUZZ_LIMITS, fuzz } from '../support/fuzz.ts';
import { INGEST_KEY, startTestIngest } from '../support/ingest-app.ts';

/** Mutated inputs of each route and form of body; the whole proof is 100,000. */
const rounds = Number(process.env.TIDEMARK_FUZZ_INPUTS ?? 400);

const log = {
  service: ' api-gateway ',
  level: 'error',
  message: 'Upstream timeout, käse 🧀',
  timestamp: '2026-03-18T10:30:00.123+01:00',
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  metadata: { region: 'eu', tries: 3, ok: true, none: null, nested: { a: [1, 'x', [[{ b: -0.5e-7 }]]] } },
};
const point = {
  service: 'api-gateway',
  name: 'latency',
  value: -2.34,
  unit: 's',
  timestamp: '2026-03-18T10:30:00Z',
  labels: { region: 'eu', attempt: 2, cached: false },
};
const deployment = {
  service: 'payment',
  version: 'v2.0.1',
  environment: 'production',
  gitHash: 'a1b2c3d4',
  timestamp: '2026-03-18T10:30:00Z',
  metadata: { by: 'ci', steps: ['build', 'ship'] },
};
const event = {
  orgCode: 'ACME',
  capabilityCode: 'P2P',
  metricType: 'CycleTime',
  value: 14.5,
  timestamp: '2026-03-18T10:30:00Z',
  dimensions: { urgency: 'Standard', step: 4, manual: true },
  correlationId: 'order-1',
  id: 'evt_1',
};

const bodyOf = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const linesOf = (items: readonly unknown[]): Buffer => Buffer.from(items.map((one) => JSON.stringify(one)).join('\n'));

/** What each route takes, whole and by the line. */
const items: Record<string, { item: object; batch: (items: object[]) => unknown }> = {
  '/events/logs': { item: log, batch: (all) => all },
  '/events/metrics': { item: point, batch: (all) => all },
  '/events/deployments': { item: deployment, batch: (all) => all },
  '/api/v1/events': { item: event, batch: (events) => ({ events }) },
};

const json = { 'content-type': 'application/json' };
const ndjson = { 'content-type': 'application/x-ndjson' };
const packed = { ...ndjson, 'content-encoding': 'gzip' };

const inputs = Object.entries(items).flatMap(([url, { item, batch }]) => {
  const { id: _id, ...second } = item as { id?: string };
  const lines = linesOf([item, second, second]);
  return [
    { name: `one at ${url}`, url, headers: json, seed: bodyOf(item) },
    { name: `a batch at ${url}`, url: `${url}/batch`, headers: json, seed: bodyOf(batch([item, second])) },
    { name: `lines at ${url}`, url: `${url}/batch`, headers: ndjson, seed: lines },
    ...(item === log
      ? [{ name: 'compressed lines', url: `${url}/batch`, headers: packed, seed: gzipSync(lines) }]
      : []),
  ];
});

const decoders: Record<string, (value: Uint8Array) => unknown> = {
  [TOPICS.logs]: decodeLogBatch,
  [TOPICS.metrics]: decodeMetricBatch,
  [TOPICS.deployments]: decodeDeploymentBatch,
  [TOPICS.events]: decodeEventBatch,
};

/** A log that takes only what can be read again, and forgets it. */
const readingLog = () => ({
  ...createMemoryLog(),
  async append(topic: string, _partition: number, values: readonly Uint8Array[]) {
    const read = values.map((value) => decoders[topic]?.(value) ?? 'of an unexpected topic');
    const bad = read.find((batch) => typeof batch === 'string');
    if (bad !== undefined) throw new Error(`the record is ${bad}`);
    return values.map((_value, index) => index);
  },
});

let app: HttpServer;
beforeAll(async () => {
  ({ app } = await startTestIngest(readingLog()));
});
afterAll(() => app.close());

const notReadable = /not valid (JSON|UTF-8|gzip)/;
const expected = new Set([200, 201, 202, 400, 403, 413]);

describe('mutated requests', () => {
  it.each(inputs)(
    'of $name are taken or refused: nothing crashes, hangs or fills the memory',
    async ({ name, url, headers, seed }) => {
      const run = async (payload: Buffer) => {
        const answer = await app.inject({
          method: 'POST',
          url,
          headers: { 'x-api-key': INGEST_KEY, 'x-organization-id': 'ACME', ...headers },
          payload,
        });
        if (!expected.has(answer.statusCode)) throw new Error(`answered ${answer.statusCode}: ${answer.body}`);
        if (answer.statusCode < 400) return 'taken';
        return notReadable.test(answer.body) ? 'unreadable' : 'refused';
      };
      expect(await run(seed), name).toBe('taken');
      const { counts, slowestMs, heldMib } = await fuzz(name, { seeds: [seed], run }, rounds);
      expect(counts.unreadable).toBeGreaterThan(0);
      if (headers !== packed) expect(Math.min(counts.taken ?? 0, counts.refused ?? 0)).toBeGreaterThan(0);
      if (process.env.TIDEMARK_FUZZ_INPUTS !== undefined) console.log({ name, counts, slowestMs, heldMib });
      expect(slowestMs).toBeLessThan(FUZZ_LIMITS.slowestMs);
      expect(heldMib).toBeLessThan(FUZZ_LIMITS.heldMib);
    },
    60_000 + rounds * 20,
  );
});
