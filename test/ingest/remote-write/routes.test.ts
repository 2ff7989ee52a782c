import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { REMOTE_WRITE_LIMITS } from '../../../ingest/remote-write/limits.ts';
import { ApiError } from '../../../platform/errors.ts';
import { LogUnavailableError } from '../../../platform/log-store/log-store.ts';
import { createMemoryLog } from '../../../platform/log-store/memory.ts';
import { REMOTE_WRITE_TYPES } from '../../../schemas/api/remote-write.ts';
import { decodeMetricBatch } from '../../../schemas/telemetry/metric-batch-codec.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import {
  INGEST_KEY,
  NOW,
  QUERY_KEY,
  readRecords,
  startTestIngest,
  TELEMETRY_KEY,
  type TestIngest,
} from '../../support/ingest-app.ts';
import { encodeV1, encodeV2, type SentSeries, STALE, snappy } from '../../support/remote-write.ts';

const V1 = { 'content-type': REMOTE_WRITE_TYPES['1.0'], 'content-encoding': 'snappy', 'x-api-key': TELEMETRY_KEY };
const V2 = { ...V1, 'content-type': REMOTE_WRITE_TYPES['2.0'] };
const written = (samples: number, histograms = 0) => ({
  'x-prometheus-remote-write-samples-written': String(samples),
  'x-prometheus-remote-write-histograms-written': String(histograms),
  'x-prometheus-remote-write-exemplars-written': '0',
});

const up = (job: string, at = NOW): SentSeries => ({
  labels: { __name__: 'up', job },
  samples: [{ value: 1, at }],
});
const histogram = { at: NOW, sum: 3, zeroCount: 1, positive: { spans: [[0, 1]] as const, deltas: [2] } };

const log = createMemoryLog();
let ingest: TestIngest;
let isLogAway = false;
/** Services the plan admits; undefined: all. */
let admitted: string[] | undefined;

beforeAll(async () => {
  const failing: typeof log = {
    ...log,
    append: (topic, partition, values) =>
      isLogAway ? Promise.reject(new LogUnavailableError('away')) : log.append(topic, partition, values),
  };
  const services = {
    async admit(_tenant: unknown, names: ReadonlySet<string>) {
      const isAdmitted = [...names].every((name) => admitted?.includes(name) ?? true);
      if (!isAdmitted) throw new ApiError(403, { code: 'service_limit_exceeded', message: 'Too many services.' });
    },
  };
  ingest = await startTestIngest(failing, { services });
});
afterAll(() => ingest.app.close());
beforeEach(() => {
  isLogAway = false;
  admitted = undefined;
});

const post = (body: Buffer, headers: Record<string, string> = V1) => ingest.post('/api/v1/write', body, headers);
const postV1 = (series: readonly SentSeries[]) => post(snappy(encodeV1(series)));
const postV2 = (series: readonly SentSeries[]) => post(snappy(encodeV2(series)), V2);

/** The records of a tenant, in the order in which they were written. */
const stored = async (tenant = 'org_acme') =>
  (await readRecords(log, TOPICS.metrics, decodeMetricBatch)).filter((batch) => batch.tenant === tenant);

describe('POST /api/v1/write', () => {
  it('answers 204 when samples of 1.0 are in the log', async () => {
    const before = (await stored()).length;
    const answer = await postV1([up('a'), up('b', NOW - 1_000)]);
    expect(answer.status).toBe(204);
    const batches = (await stored()).slice(before);
    expect(batches).toHaveLength(1);
    expect(batches[0]).toMatchObject({ tenant: 'org_acme', isRepeatable: true, receivedAt: NOW });
    expect(batches[0]?.series).toEqual([
      {
        service: 'a',
        metric: 'up',
        unit: '',
        kind: 'gauge',
        labels: {},
        unrolled: [],
        points: [{ at: NOW, value: 1, startAt: 0 }],
        histograms: [],
      },
      expect.objectContaining({ service: 'b', points: [{ at: NOW - 1_000, value: 1, startAt: 0 }] }),
    ]);
  });

  it('says in its headers what of 2.0 was written', async () => {
    const answer = await postV2([
      { ...up('a'), exemplars: 3 },
      { labels: { __name__: 'ended', job: 'a' }, samples: [{ value: STALE, at: NOW }] },
      { labels: { __name__: 'nothing', job: 'a' }, samples: [{ value: Number.NaN, at: NOW }] },
      { labels: { __name__: 'latency', job: 'a' }, histograms: [histogram] },
    ]);
    expect(answer.status).toBe(204);
    expect(answer.headers).toMatchObject(written(2, 1));
    const metrics = (await ingest.app.inject({ url: '/metrics' })).payload;
    for (const line of ['exemplar"} 3', 'stale_marker"} 1', 'not_finite"} 1']) expect(metrics).toContain(line);
  });

  it('gives the record of a repeat the same id, and that of another tenant another', async () => {
    const before = (await stored()).length;
    const body = snappy(encodeV1([up('repeated')]));
    await post(body);
    await post(body);
    await post(body, { ...V1, 'x-api-key': INGEST_KEY, 'x-organization-id': 'BETA' });
    const [first, repeat] = (await stored()).slice(before);
    const [other] = await stored('org_beta');
    expect(repeat?.id).toBe(first?.id);
    expect(other?.series).toEqual(first?.series);
    expect(other?.id).not.toBe(first?.id);
  });

  it('writes nothing of what holds no samples, and is content', async () => {
    const before = (await stored()).length;
    expect((await post(snappy(encodeV1([], [{ family: 'up', type: 2 }])))).status).toBe(204);
    expect((await postV2([])).status).toBe(204);
    expect(await stored()).toHaveLength(before);
  });

  it('writes the good samples beside bad ones, and says with 400 how many were bad', async () => {
    const before = (await stored()).length;
    const answer = await postV2([
      up('good'),
      up('old', NOW - 400 * 86_400_000),
      { labels: { job: 'nameless' }, samples: [{ value: 1, at: NOW }] },
      { labels: { __name__: 'logs.error', job: 'good' }, samples: [{ value: 1, at: NOW }] },
      { labels: { __name__: 'odd' }, histograms: [{ ...histogram, schema: 20 }] },
    ]);
    expect(answer.status).toBe(400);
    expect(answer.body.error).toEqual({
      code: 'partial_write',
      message:
        "Written: 1 samples, 0 histograms. Not written: 1 older than the organization's retention, 1 without a metric name, 1 with a metric name that begins with 'logs.', 1 unsupported histogram.",
    });
    expect(answer.headers).toMatchObject(written(1));
    expect((await stored()).slice(before).flatMap(({ series }) => series.map(({ service }) => service))).toEqual([
      'good',
    ]);
  });

  it('writes the samples of the services that the plan admits', async () => {
    const before = (await stored()).length;
    admitted = ['known'];
    const answer = await postV1([up('known'), up('new'), up('newer')]);
    expect(answer.status).toBe(400);
    expect(answer.body.error.message).toContain('2 of services beyond the limit of the plan');
    const services = (await stored()).slice(before).flatMap(({ series }) => series.map(({ service }) => service));
    expect(services).toEqual(['known']);
    const refused = await postV1([up('new'), up('newer')]);
    expect([refused.status, refused.body.error.code]).toEqual([403, 'service_limit_exceeded']);
  });

  it('answers 503 to be repeated when the log cannot store', async () => {
    isLogAway = true;
    const answer = await postV1([up('a')]);
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1']);
    expect(answer.headers).not.toHaveProperty('x-prometheus-remote-write-samples-written');
  });

  it('answers 429 with Retry-After beyond the budget of the credential', async () => {
    const limited = await startTestIngest(createMemoryLog(), {
      config: { rateLimits: { ingest: 1 }, requireHttps: false },
    });
    const body = snappy(encodeV1([up('a')]));
    expect((await limited.post('/api/v1/write', body, V1)).status).toBe(204);
    const answer = await limited.post('/api/v1/write', body, V1);
    expect(answer.status).toBe(429);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    await limited.app.close();
  });

  it.each([
    ['JSON', { 'content-type': 'application/json' }],
    ['no type', { 'content-type': '' }],
    ['another message', { 'content-type': 'application/x-protobuf;proto=io.prometheus.write.v3.Request' }],
    ['gzip', { 'content-encoding': 'gzip' }],
    ['zstd', { 'content-encoding': 'zstd' }],
  ])('answers 415 for %s', async (_case, headers) => {
    expect((await post(snappy(encodeV1([up('a')])), { ...V1, ...headers })).status).toBe(415);
  });

  it.each([
    ['the plain type', { 'content-type': 'application/x-protobuf' }],
    ['space and quotes', { 'content-type': 'Application/X-Protobuf; proto="prometheus.WriteRequest"' }],
    ['another parameter', { 'content-type': 'application/x-protobuf; charset=binary' }],
  ])('takes 1.0 by %s', async (_case, headers) => {
    expect((await post(snappy(encodeV1([up('a')])), { ...V1, ...headers })).status).toBe(204);
  });

  it.each([
    ['an empty body', Buffer.alloc(0)],
    ['a body that is not compressed', encodeV1([up('a')])],
    ['a message that is cut off', snappy(encodeV1([up('a')]).subarray(0, 9))],
  ])('answers 400 for %s', async (_case, body) => {
    const answer = await post(body);
    expect([answer.status, answer.body.error.code]).toEqual([400, 'bad_request']);
  });

  it('answers 413 beyond each of its limits', async () => {
    const bomb = snappy(Buffer.alloc(REMOTE_WRITE_LIMITS.decompressedBytes + 1));
    expect(bomb.length).toBeLessThan(REMOTE_WRITE_LIMITS.compressedBytes);
    const wide = 'x'.repeat(REMOTE_WRITE_LIMITS.labelValueLength);
    // Small as it is sent, and each of its series takes 64 KiB in a record.
    const labels = Object.fromEntries(Array.from({ length: 64 }, (_, n) => [`l${n}`, wide]));
    const interned = Array.from({ length: 200 }, () => ({
      labels: { __name__: 'up', job: 'a', ...labels },
      samples: [{ value: 1, at: NOW }],
    }));
    for (const [body, headers] of [
      [Buffer.alloc(REMOTE_WRITE_LIMITS.compressedBytes + 1), V1],
      [bomb, V1],
      [snappy(encodeV2(interned)), V2],
    ] as const) {
      const answer = await post(body, headers);
      expect([answer.status, answer.body.error.code]).toEqual([413, 'payload_too_large']);
    }
  });

  it('answers 413 to a body that says it is longer than all that may be in flight', async () => {
    const length = String(REMOTE_WRITE_LIMITS.inFlightBytes + 1);
    expect((await post(Buffer.alloc(0), { ...V1, 'content-length': length })).status).toBe(413);
  });

  it('answers 503 to be repeated beyond the bodies that may be in flight, and takes others when they are answered', async () => {
    const { inFlightBytes, compressedBytes } = REMOTE_WRITE_LIMITS;
    expect([inFlightBytes, compressedBytes]).toEqual([64 * 1024 ** 2, 4 * 1024 ** 2]);
    const most = inFlightBytes / compressedBytes;
    const open = Array.from({ length: most + 1 }, () =>
      post(Buffer.alloc(0), { ...V1, 'content-length': String(compressedBytes) }),
    );
    const answers = await Promise.all(open);
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(most);
    const refused = answers.find(({ status }) => status === 503);
    expect([refused?.headers['retry-after'], refused?.body.error.code]).toEqual(['1', 'unavailable']);
    expect((await postV1([up('a')])).status).toBe(204);
  });

  it('answers 401 without a credential, 403 without the permission and for another tenant', async () => {
    const body = snappy(encodeV1([up('a')]));
    expect((await post(body, { ...V1, 'x-api-key': 'mk_live_nobody' })).status).toBe(401);
    expect((await post(body, { ...V1, 'x-api-key': QUERY_KEY })).status).toBe(403);
    expect((await post(body, { ...V1, 'x-organization-id': 'GAMMA' })).status).toBe(403);
    expect((await post(body, { ...V1, 'x-api-key': INGEST_KEY, 'x-organization-id': 'DELTA' })).status).toBe(403);
  });
});
