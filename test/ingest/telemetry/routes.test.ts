import { describe, expect, test } from 'vitest';
import type { KeylessAccess } from '../../../platform/http/keyless.ts';
import { type LogStore, LogUnavailableError } from '../../../platform/log-store/log-store.ts';
import { createMemoryLog } from '../../../platform/log-store/memory.ts';
import type { Principal } from '../../../platform/tenancy/tenancy.ts';
import { TELEMETRY_LIMITS } from '../../../schemas/api/telemetry-limits.ts';
import { decodeDeploymentBatch } from '../../../schemas/telemetry/deployment-batch-codec.ts';
import { decodeLogBatch } from '../../../schemas/telemetry/log-batch-codec.ts';
import { decodeMetricBatch } from '../../../schemas/telemetry/metric-batch-codec.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import { NOW, QUERY_KEY, readRecords, startTestIngest, TELEMETRY_KEY } from '../../support/ingest-app.ts';

const key = { 'x-api-key': TELEMETRY_KEY };
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[45][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const log = { service: ' api-gateway ', level: 'error', message: 'Upstream timeout' };
const point = { service: 'api-gateway', name: 'latency', value: -2.34, unit: 'seconds' };
const deployment = { service: 'payments', version: 'v2.0.1', environment: 'production' };
const samples = { logs: log, metrics: point, deployments: deployment };
const nouns = { logs: 'log', metrics: 'metric', deployments: 'deployment' };
const kinds = Object.keys(samples) as (keyof typeof samples)[];

const logsOf = (store: LogStore) => readRecords(store, TOPICS.logs, decodeLogBatch);
const metricsOf = (store: LogStore) => readRecords(store, TOPICS.metrics, decodeMetricBatch);
const deploymentsOf = (store: LogStore) => readRecords(store, TOPICS.deployments, decodeDeploymentBatch);

describe.each(kinds)('/events/%s', (kind) => {
  test('answers one with a real UUID and a batch with their number', async () => {
    const ingest = await startTestIngest();
    const one = await ingest.post(`/events/${kind}`, samples[kind], key);
    expect(one.status).toBe(202);
    expect(one.body).toEqual({ id: expect.stringMatching(uuid), queued: true });
    const batch = await ingest.post(`/events/${kind}/batch`, [samples[kind], samples[kind]], key);
    expect([batch.status, batch.body]).toEqual([202, { accepted: 2 }]);
    expect((await ingest.post(`/events/${kind}/batch`, [], key)).body).toEqual({ accepted: 0 });
  });

  test('names every field that is wrong in the documented sentence, and stores nothing', async () => {
    const ingest = await startTestIngest();
    const one = await ingest.post(`/events/${kind}`, { ...samples[kind], service: ' ' }, key);
    expect([one.status, one.body]).toEqual([
      400,
      { statusCode: 400, message: `Invalid ${nouns[kind]} event: service: must not be empty` },
    ]);
    const missing = await ingest.post(`/events/${kind}`, {}, key);
    expect(missing.body.message).toContain(`Invalid ${nouns[kind]} event: service: must not be empty; `);
    const batch = await ingest.post(
      `/events/${kind}/batch`,
      [samples[kind], { ...samples[kind], timestamp: 'noon' }],
      key,
    );
    expect(batch.body.message).toMatch(/^Invalid \w+ event: \[1\]\.timestamp: must be an RFC 3339 timestamp/);
    const notOne = await ingest.post(`/events/${kind}`, '[]', key);
    expect(notOne.body.message).toBe(`Invalid ${nouns[kind]} event: body: must be an object`);
    expect([await logsOf(ingest.logStore), await metricsOf(ingest.logStore)]).toEqual([[], []]);
  });

  test.each([
    [{ 'x-api-key': 'nonsense' }, 401, 'Invalid or missing API key'],
    [{ 'x-api-key': QUERY_KEY }, 403, 'API key does not have the required scope'],
    [{ ...key, 'x-organization-id': 'GAMMA' }, 403, 'API key does not have access to this organization'],
    [{ ...key, 'x-organization-id': 'nobody' }, 403, 'API key does not have access to this organization'],
  ])('answers %o with %i in the envelope of its family', async (headers, statusCode, message) => {
    const ingest = await startTestIngest();
    const answer = await ingest.post(`/events/${kind}`, samples[kind], headers);
    expect([answer.status, answer.body]).toEqual([statusCode, { statusCode, message }]);
  });

  test('takes no more items than its limit', async () => {
    const ingest = await startTestIngest();
    const most = { logs: 'batchLogs', metrics: 'batchMetrics', deployments: 'batchDeployments' } as const;
    const limit = TELEMETRY_LIMITS[most[kind]];
    const answer = await ingest.post(`/events/${kind}/batch`, Array(limit + 1).fill(samples[kind]), key);
    expect(answer.status).toBe(400);
    expect(answer.body.message).toContain(`body: must have at most ${limit} items`);
  });

  test('is one record under one id, however often a key is repeated', async () => {
    const ingest = await startTestIngest();
    const headers = { ...key, 'idempotency-key': 'once' };
    const first = await ingest.post(`/events/${kind}`, samples[kind], headers);
    const again = await ingest.post(`/events/${kind}`, samples[kind], headers);
    expect(again.body).toEqual(first.body);
    const other = await ingest.post(`/events/${kind}`, { ...samples[kind], service: 'other' }, headers);
    expect(other.status).toBe(422);
    // Another process has given no answer, but derives the same id.
    const elsewhere = await startTestIngest();
    expect((await elsewhere.post(`/events/${kind}`, samples[kind], headers)).body).toEqual(first.body);
  });
});

test('a log event goes into the log with its metadata as text', async () => {
  const ingest = await startTestIngest();
  const metadata = { region: 'eu', tries: 3, ok: true, none: null, nested: { a: [1, 'x'] } };
  const timestamp = '2026-03-18T10:30:00.123+00:00';
  const { body } = await ingest.post('/events/logs', { ...log, traceId: 't1', timestamp, metadata }, key);
  expect(await logsOf(ingest.logStore)).toEqual([
    {
      tenant: 'org_acme',
      id: body.id,
      receivedAt: NOW,
      retentionDays: 365,
      isRepeatable: false,
      logs: [
        {
          id: body.id,
          service: 'api-gateway',
          level: 'error',
          message: 'Upstream timeout',
          at: Date.UTC(2026, 2, 18, 10, 30, 0, 123),
          traceId: 't1',
          spanId: '',
          metadata: { region: 'eu', tries: '3', ok: 'true', none: 'null', nested: '{"a":[1,"x"]}' },
        },
      ],
    },
  ]);
});

test('a point may have any finite value, and labels with too many values are stamped', async () => {
  const ingest = await startTestIngest();
  for (const value of ['1e999', '"1"', 'null']) {
    const body = `{"service":"s","name":"n","unit":"u","value":${value}}`;
    const answer = await ingest.post('/events/metrics', body, key);
    expect(answer.body.message).toContain('Invalid metric event: value: ');
  }
  const points = Array.from({ length: 1_002 }, (_, user) => ({ ...point, labels: { user, env: 'prod' } }));
  expect((await ingest.post('/events/metrics/batch', points, key)).body).toEqual({ accepted: 1_002 });
  const [batch] = await metricsOf(ingest.logStore);
  expect(batch?.series[0]).toMatchObject({
    service: 'api-gateway',
    metric: 'latency',
    kind: 'gauge',
    labels: { user: '0', env: 'prod' },
    unrolled: [],
    points: [{ at: NOW, value: -2.34, startAt: 0 }],
  });
  expect(batch?.series.at(-1)?.unrolled).toEqual(['user']);
});

test('a metric that would be taken for a count of log events is refused', async () => {
  const ingest = await startTestIngest();
  const named = (name: string) => ingest.post('/events/metrics', { ...point, name }, key);
  const answer = await named('logs.error');
  expect([answer.status, answer.body.message]).toEqual([
    400,
    "Invalid metric event: name: must not begin with 'logs.': such metrics count the log events of a service",
  ]);
  for (const name of ['logs', 'logs_total', 'my.logs.error']) expect((await named(name)).status).toBe(202);
});

test('a repeatable batch says so and has an id of version 5; its items have ids of their own', async () => {
  const ingest = await startTestIngest();
  await ingest.post('/events/logs/batch', [log, log], { ...key, 'idempotency-key': 'k' });
  await ingest.post('/events/deployments', deployment, key);
  const [batch] = await logsOf(ingest.logStore);
  expect(batch).toMatchObject({ isRepeatable: true, id: expect.stringMatching(/^.{14}5/) });
  expect(new Set([batch?.id, ...(batch?.logs.map(({ id }) => id) ?? [])]).size).toBe(3);
  expect((await deploymentsOf(ingest.logStore))[0]).toMatchObject({ isRepeatable: false, tenant: 'org_acme' });
});

describe('the organization', () => {
  test('is named by any of its ids', async () => {
    const ingest = await startTestIngest();
    for (const id of ['org_beta', 'BETA', 'beta', '2']) {
      expect((await ingest.post('/events/logs', log, { 'x-organization-id': id })).status).toBe(202);
    }
    const batches = await logsOf(ingest.logStore);
    expect(batches.map(({ tenant, retentionDays }) => [tenant, retentionDays])).toEqual(
      Array(4).fill(['org_beta', 30]),
    );
    expect((await ingest.logStore.bounds(TOPICS.logs, 6 % 4)).next).toBe(4);
  });

  test('is the default one when the key has several, if it may', async () => {
    const ingest = await startTestIngest();
    const answer = await ingest.post('/events/logs', log);
    expect(answer.status).toBe(403);
    expect(answer.body.message).toContain('default organization');
  });

  test('is refused when it is suspended', async () => {
    const ingest = await startTestIngest();
    const answer = await ingest.post('/events/logs', log, { 'x-organization-id': 'DELTA' });
    expect([answer.status, answer.body.message]).toEqual([403, 'The organization is suspended']);
  });
});

test('a log that cannot store is answered with 503', async () => {
  const down = {
    ...createMemoryLog(),
    append: () => Promise.reject(new LogUnavailableError('down')),
  };
  const ingest = await startTestIngest(down);
  const answer = await ingest.post('/events/logs', log, key);
  expect(answer.status).toBe(503);
  expect(answer.body).toEqual({ statusCode: 503, message: expect.any(String) });
  expect(answer.headers['retry-after']).toBeDefined();
});

describe('without a key', () => {
  const nobody: Principal = { credentialId: 'keyless', permissions: new Set(['ingest']), tenants: ['org_default'] };
  const open: KeylessAccess = { principalOf: async () => nobody, isOpen: async () => true };
  const closed: KeylessAccess = { principalOf: async () => undefined, isOpen: async () => false };
  const inject = async (keyless: KeylessAccess, url: string, headers: Record<string, string> = {}) => {
    const ingest = await startTestIngest(createMemoryLog(), { keyless });
    const answer = await ingest.app.inject({ method: 'POST', url, headers, payload: log });
    return { status: answer.statusCode, stored: await logsOf(ingest.logStore) };
  };

  test('data goes to the default organization where the server is open', async () => {
    const { status, stored } = await inject(open, '/events/logs');
    expect([status, stored[0]?.tenant]).toEqual([202, 'org_default']);
  });

  test.each([
    { where: 'where the server is closed', keyless: closed, expected: 401 },
    { where: 'with a wrong key', headers: { 'x-api-key': 'wrong' }, expected: 401 },
    { where: 'for other routes', url: '/api/v1/events', expected: 401 },
    { where: 'for another organization', headers: { 'x-organization-id': 'ACME' }, expected: 403 },
  ])('nothing is taken $where', async ({ keyless = open, url = '/events/logs', headers = {}, expected }) => {
    const { status, stored } = await inject(keyless, url, headers);
    expect([status, stored]).toEqual([expected, []]);
  });
});
