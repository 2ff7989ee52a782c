import { gzipSync } from 'node:zlib';
import { PbfReader } from 'pbf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OTLP_LIMITS } from '../../../ingest/otlp/otlp-limits.ts';
import { ApiError } from '../../../platform/errors.ts';
import { LogUnavailableError } from '../../../platform/log-store/log-store.ts';
import { createMemoryLog } from '../../../platform/log-store/memory.ts';
import { decodeLogBatch } from '../../../schemas/telemetry/log-batch-codec.ts';
import { decodeMetricBatch } from '../../../schemas/telemetry/metric-batch-codec.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import { INGEST_KEY, NOW, QUERY_KEY, readRecords, startTestIngest, type TestIngest } from '../../support/ingest-app.ts';
import { encodeOtlp } from '../../support/otlp-messages.ts';
import { metricsRequest, nanos, sampleLogs, sampleMetrics, sampleSpans } from '../../support/otlp-samples.ts';

const PROTO = 'application/x-protobuf';
const gauge = (asDouble: unknown) => ({ name: 'm', gauge: { dataPoints: [{ timeUnixNano: nanos(NOW), asDouble }] } });

let ingest: TestIngest;
beforeAll(async () => {
  ingest = await startTestIngest();
});
afterAll(() => ingest.app.close());

interface Sent {
  signal?: 'metrics' | 'logs' | 'traces';
  body: Buffer | string;
  headers?: Record<string, string>;
  app?: TestIngest['app'];
}

async function send({ signal = 'metrics', body, headers = {}, app = ingest.app }: Sent) {
  const all = { 'x-api-key': INGEST_KEY, 'x-organization-id': 'ACME', 'content-type': PROTO, ...headers };
  const {
    statusCode,
    headers: answered,
    rawPayload,
  } = await app.inject({ method: 'POST', url: `/v1/${signal}`, headers: all, payload: body });
  return { status: statusCode, headers: answered, body: rawPayload };
}

const sendJson = (body: unknown, rest: Partial<Sent> = {}) =>
  send({ ...rest, body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...rest.headers } });

/** A google.rpc.Status, or a partial success when `isPartial`. */
function readAnswer(bytes: Buffer, isPartial = false): Record<number, number | string> {
  const fields: Record<number, number | string> = {};
  const pbf = new PbfReader(bytes);
  const read = (tag: number) => {
    fields[tag] = pbf.type === 2 ? pbf.readString() : pbf.readVarint();
  };
  if (isPartial) pbf.readFields((_tag) => void pbf.readMessage(read, undefined), undefined);
  else pbf.readFields(read, undefined);
  return fields;
}

describe('an OTLP request', () => {
  it.each([
    ['metrics', 'Metrics', sampleMetrics],
    ['logs', 'Logs', sampleLogs],
    ['traces', 'Traces', sampleSpans],
  ] as const)('of %s is answered in its own encoding, empty when all of it was taken', async (signal, name, json) => {
    const proto = await send({ signal, body: encodeOtlp(name, json) });
    expect([proto.status, proto.headers['content-type'], proto.body.length]).toEqual([200, PROTO, 0]);
    const text = await sendJson(json, { signal });
    expect([text.status, text.headers['content-type'], text.body.toString()]).toEqual([200, 'application/json', '{}']);
  });

  it('of nothing is taken', async () => {
    expect((await send({ body: Buffer.alloc(0) })).status).toBe(200);
    expect((await sendJson({})).status).toBe(200);
  });

  it('may be compressed', async () => {
    const body = gzipSync(encodeOtlp('Metrics', sampleMetrics));
    expect((await send({ body, headers: { 'content-encoding': 'gzip' } })).status).toBe(200);
    const unknown = await send({ body, headers: { 'content-encoding': 'zstd' } });
    expect(unknown.status).toBe(415);
    expect(readAnswer(unknown.body)[2]).toMatch(/^Content-Encoding must be/);
  });

  it('is answered with what was rejected of it and why', async () => {
    const request = metricsRequest([gauge(1), gauge('NaN'), gauge('Infinity')]);
    const json = await sendJson(request);
    expect(json.status).toBe(200);
    expect(JSON.parse(json.body.toString())).toEqual({
      partialSuccess: { rejectedDataPoints: '2', errorMessage: '2 x not_finite' },
    });
    const proto = await send({ body: encodeOtlp('Metrics', request) });
    expect(readAnswer(proto.body, true)).toEqual({ 1: 2, 2: '2 x not_finite' });
    const spans = { resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'without ids' }] }] }] };
    const traces = await sendJson(spans, { signal: 'traces' });
    expect(JSON.parse(traces.body.toString())).toEqual({
      partialSuccess: { rejectedSpans: '1', errorMessage: '1 x bad_span_id' },
    });
    const tooOld = { resourceLogs: [{ scopeLogs: [{ logRecords: [{ timeUnixNano: '1000000000' }] }] }] };
    const logs = await sendJson(tooOld, { signal: 'logs' });
    expect(JSON.parse(logs.body.toString())).toMatchObject({ partialSuccess: { rejectedLogRecords: '1' } });
  });

  it('that cannot be read is answered with 400 and a status in its encoding', async () => {
    const proto = await send({ body: 'no protobuf' });
    expect([proto.status, proto.headers['content-type']]).toEqual([400, PROTO]);
    expect(readAnswer(proto.body)[1]).toBe(3);
    for (const body of ['{', '[]', '"x"', '{"resourceMetrics":7}', Buffer.from('{"a":"\xff"}', 'latin1')]) {
      const json = await send({ body, headers: { 'content-type': 'application/json' } });
      expect(json.status).toBe(400);
      expect(JSON.parse(json.body.toString())).toEqual({ code: 3, message: expect.any(String) });
    }
  });

  it('of another type is answered with 415', async () => {
    const answer = await send({ body: 'x', headers: { 'content-type': 'text/plain' } });
    expect(answer.status).toBe(415);
    expect(JSON.parse(answer.body.toString())).toMatchObject({
      code: 3,
      message: expect.stringMatching(/x-protobuf or application\/json/),
    });
  });

  it('larger than 20 MiB is answered with 413, also when it only becomes so', async () => {
    expect(OTLP_LIMITS.bodyBytes).toBe(20 * 1024 ** 2);
    const large = Buffer.alloc(OTLP_LIMITS.bodyBytes + 1);
    expect((await send({ body: large })).status).toBe(413);
    const bomb = await send({ body: gzipSync(large), headers: { 'content-encoding': 'gzip' } });
    expect(bomb.status).toBe(413);
    expect(readAnswer(bomb.body)[1]).toBe(8);
    // Below 20 MiB, but more than 200 times what was sent.
    const dense = gzipSync(Buffer.alloc(8 * 1024 ** 2));
    expect((await send({ body: dense, headers: { 'content-encoding': 'gzip' } })).status).toBe(413);
  });

  it('that would become too much in the log is answered with 413', async () => {
    const attributes = Array.from({ length: 60 }, (_, n) => ({
      key: `k8s.l${String.fromCharCode(97 + (n % 26), 97 + Math.floor(n / 26))}.name`,
      value: { stringValue: 'x'.repeat(1_000) },
    }));
    const points = Array.from({ length: 1_200 }, () => ({ asInt: '1' }));
    const answer = await sendJson(metricsRequest([{ name: 'm', gauge: { dataPoints: points } }], { attributes }));
    expect(answer.status).toBe(413);
  });

  it('needs a credential that may ingest, for an organization it may write to', async () => {
    const body = encodeOtlp('Metrics', sampleMetrics);
    const unknown = await send({ body, headers: { 'x-api-key': 'mk_live_nobody' } });
    expect([unknown.status, unknown.headers['www-authenticate'], readAnswer(unknown.body)[1]]).toEqual([
      401,
      'Bearer',
      16,
    ]);
    expect((await send({ body, headers: { 'x-api-key': QUERY_KEY } })).status).toBe(403);
    const foreign = await send({ body, headers: { 'x-organization-id': 'GAMMA' } });
    expect([foreign.status, readAnswer(foreign.body)[1]]).toEqual([403, 7]);
  });

  it('beyond what the process takes at once is answered with 503 and when to come again', async () => {
    const length = OTLP_LIMITS.bodyBytes;
    const open = Array.from({ length: Math.floor(OTLP_LIMITS.inFlightBytes / length) + 1 }, () =>
      send({ body: Buffer.alloc(0), headers: { 'content-length': String(length) } }),
    );
    const statuses = (await Promise.all(open)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 503)).toHaveLength(1);
    expect((await send({ body: Buffer.alloc(0) })).status).toBe(200);
  });

  it('is answered with 503 while the log cannot store it, and with 403 beyond the services of a plan', async () => {
    const log = createMemoryLog();
    const away = { ...log, append: () => Promise.reject(new LogUnavailableError('away')) };
    const refusing = await startTestIngest(away);
    const unstored = await send({ body: encodeOtlp('Logs', sampleLogs), signal: 'logs', app: refusing.app });
    await refusing.app.close();
    expect([unstored.status, unstored.headers['retry-after'], readAnswer(unstored.body)[1]]).toEqual([503, '1', 14]);
    const services = {
      admit: () => Promise.reject(new ApiError(403, { code: 'service_limit_exceeded', message: 'No.' })),
    };
    const limited = await startTestIngest(log, { services });
    const refused = await send({ body: encodeOtlp('Metrics', sampleMetrics), app: limited.app });
    await limited.app.close();
    expect([refused.status, readAnswer(refused.body)]).toEqual([403, { 1: 7, 2: 'No.' }]);
  });

  it('of more points than a record may have becomes several records, each with an id of its own that a repeat has, too', async () => {
    const log = createMemoryLog();
    const { app } = await startTestIngest(log);
    const dataPoints = Array.from({ length: OTLP_LIMITS.itemsPerRecord + 1 }, (_, n) => ({ asInt: String(n) }));
    const body = encodeOtlp('Metrics', metricsRequest([{ name: 'm', gauge: { dataPoints } }]));
    for (let time = 0; time < 2; time++) expect((await send({ body, app })).status).toBe(200);
    const batches = await readRecords(log, TOPICS.metrics, decodeMetricBatch);
    await app.close();
    expect(batches.map(({ series }) => series.length)).toEqual([
      OTLP_LIMITS.itemsPerRecord,
      1,
      OTLP_LIMITS.itemsPerRecord,
      1,
    ]);
    expect(batches[2]?.id).toBe(batches[0]?.id);
    expect(batches[3]?.id).toBe(batches[1]?.id);
    expect(batches[1]?.id).not.toBe(batches[0]?.id);
  });

  it('cuts long texts of log records and drops attributes beyond the limit', async () => {
    const log = createMemoryLog();
    const { app } = await startTestIngest(log);
    const { messageLength, metadata, metadataValueLength } = OTLP_LIMITS;
    const attributes = Array.from({ length: metadata + 1 }, (_, n) => ({
      key: `a${n}`,
      value: { stringValue: 'v'.repeat(metadataValueLength + 1) },
    }));
    const record = { body: { stringValue: 'x'.repeat(messageLength + 1) }, attributes };
    await sendJson({ resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] }, { signal: 'logs', app });
    const [batch] = await readRecords(log, TOPICS.logs, decodeLogBatch);
    await app.close();
    const [event] = batch?.logs ?? [];
    expect(event?.message).toHaveLength(messageLength);
    const values = Object.values(event?.metadata ?? {});
    expect(values).toHaveLength(metadata);
    expect(new Set(values.map(({ length }) => length))).toEqual(new Set([metadataValueLength]));
  });
});
