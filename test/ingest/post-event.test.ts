import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NOW, QUERY_KEY, startTestIngest, type TestIngest } from '../support/ingest-app.ts';

const path = '/api/v1/events';
const event = {
  orgCode: 'ACME',
  capabilityCode: 'P2P',
  metricType: 'CycleTime',
  value: 14.5,
  dimensions: { urgency: 'Standard', region: 'Northeast' },
  correlationId: 'CASE-2026-00482',
  timestamp: '2026-03-18T10:30:00Z',
};

describe('a good event', () => {
  test('is answered as documented and is one record of the log', async () => {
    const ingest = await startTestIngest();
    const answer = await ingest.post(path, event);
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^evt_[0-9A-Za-z]{20}$/),
      orgCode: 'ACME',
      capabilityCode: 'P2P',
      metricType: 'CycleTime',
      value: 14.5,
      timestamp: '2026-03-18T10:30:00Z',
      createdAt: '2026-03-18T10:30:01Z',
    });
    expect(await ingest.stored()).toEqual([
      {
        tenant: 'org_acme',
        receivedAt: NOW,
        retentionDays: 365,
        clientIds: false,
        events: [
          {
            id: answer.body.id,
            capability: 'P2P',
            metric: 'CycleTime',
            at: Date.UTC(2026, 2, 18, 10, 30),
            value: 14.5,
            slaTarget: 24,
            correlationId: 'CASE-2026-00482',
            dimensions: { urgency: 'Standard', region: 'Northeast' },
            unrolled: [],
          },
        ],
      },
    ]);
  });

  test('needs no dimensions, correlation id and timestamp', async () => {
    const ingest = await startTestIngest();
    const { orgCode, capabilityCode, metricType, value } = event;
    const answer = await ingest.post(path, { orgCode, capabilityCode, metricType, value });
    expect(answer.body).toMatchObject({ timestamp: '2026-03-18T10:30:01Z' });
    const [batch] = await ingest.stored();
    expect(batch?.events[0]).toMatchObject({ at: NOW, correlationId: '', dimensions: {}, slaTarget: null });
  });

  test('may say capability, and ids of the organization instead of its code', async () => {
    const ingest = await startTestIngest();
    const { capabilityCode, ...rest } = event;
    for (const orgCode of ['org_acme', 'acme', '1']) {
      const answer = await ingest.post(path, { ...rest, orgCode, capability: capabilityCode });
      expect(answer.body).toMatchObject({ orgCode: 'ACME', capabilityCode: 'P2P' });
    }
    expect(await ingest.stored()).toHaveLength(3);
  });

  test('keeps its milliseconds, zero and values of dimensions that are no text', async () => {
    const ingest = await startTestIngest();
    const dimensions = { urgency: 'Urgent', attempt: 2, express: true };
    const timestamp = '2026-03-18T12:29:59.250+02:00';
    const answer = await ingest.post(path, { ...event, value: -0, dimensions, timestamp, later: 'ignored' });
    expect(answer.body).toMatchObject({ value: 0, timestamp: '2026-03-18T10:29:59.250Z' });
    const [batch] = await ingest.stored();
    expect(batch?.events[0]).toMatchObject({
      dimensions: { urgency: 'Urgent', attempt: '2', express: 'true' },
      slaTarget: 4,
    });
  });

  test('keeps the id a client gives it', async () => {
    const ingest = await startTestIngest();
    expect((await ingest.post(path, { ...event, id: 'order-7' })).body.id).toBe('evt_order-7');
    expect((await ingest.post(path, { ...event, id: 'evt_order-7' })).body.id).toBe('evt_order-7');
    expect((await ingest.stored()).map(({ clientIds }) => clientIds)).toEqual([true, true]);
  });

  test('goes to the partition of its tenant', async () => {
    const ingest = await startTestIngest();
    await ingest.post(path, { ...event, orgCode: 'BETA' });
    expect(await ingest.logStore.bounds('tidemark.events.v1', 6 % 4)).toEqual({ first: 0, next: 1 });
  });

  test('is accepted at /v1/events too', async () => {
    const ingest = await startTestIngest();
    expect((await ingest.post('/v1/events', event)).status).toBe(201);
  });
});

describe('a bad event', () => {
  let ingest: TestIngest;
  beforeAll(async () => {
    ingest = await startTestIngest();
  });
  afterAll(async () => {
    expect(await ingest.stored()).toEqual([]);
  });

  test('with a bad value and an unknown capability is refused as documented', async () => {
    const answer = await ingest.post(path, { ...event, value: -1, capabilityCode: 'INVALID' });
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({
      error: {
        code: 'validation_error',
        message: 'Request body contains invalid fields.',
        details: expect.arrayContaining([
          { field: 'value', issue: 'must be a positive number' },
          { field: 'capabilityCode', issue: "unknown capability 'INVALID'" },
        ]),
      },
    });
  });

  test('without an organization is refused as documented', async () => {
    const { orgCode, ...rest } = event;
    const answer = await ingest.post(path, rest);
    expect(answer.status).toBe(400);
    expect(answer.body.error).toEqual({
      code: 'bad_request',
      message: "The 'orgCode' field is required.",
      details: [{ field: 'orgCode', issue: 'must not be empty' }],
    });
  });

  test('with a wrong type in one field and a wrong meaning in another has both named', async () => {
    const answer = await ingest.post(path, { ...event, value: '14.5', metricType: 7, timestamp: '2026-03-18' });
    expect(answer.body.error.details.map(({ field }: { field: string }) => field).sort()).toEqual([
      'metricType',
      'timestamp',
      'value',
    ]);
  });

  test.each([
    ['value', { value: '14.5' }],
    ['value', { value: null }],
    ['value', '1e999'],
    ['orgCode', { orgCode: '' }],
    ['orgCode', { orgCode: 7 }],
    ['metricType', { metricType: '' }],
    ['metricType', { metricType: 'Cycle Time' }],
    ['metricType', { metricType: 'x'.repeat(65) }],
    ['metricType', { metricType: '\ud800' }],
    ['capabilityCode', { capabilityCode: '' }],
    ['capabilityCode', { capabilityCode: undefined }],
    ['capabilityCode', { capabilityCode: 'p2p' }],
    ['capability', { capability: 'PA' }],
    ['timestamp', { timestamp: '2026-03-18' }],
    ['timestamp', { timestamp: '2026-03-18T10:30:00' }],
    ['timestamp', { timestamp: 1773829800000 }],
    ['timestamp', { timestamp: '2026-03-18T10:41:00Z' }],
    ['timestamp', { timestamp: '2025-03-18T10:30:00Z' }],
    ['timestamp', { timestamp: '2026-02-30T10:30:00Z' }],
    ['correlationId', { correlationId: 'x'.repeat(257) }],
    ['correlationId', { correlationId: 'a\ud800' }],
    ['correlationId', { correlationId: 'a\0' }],
    ['dimensions', { dimensions: [] }],
    ['dimensions', { dimensions: 'urgent' }],
    ['dimensions', { dimensions: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`d${i}`, 'v'])) }],
    ['dimensions.region', { dimensions: { region: 'x'.repeat(257) } }],
    ['dimensions.region', { dimensions: { region: { nested: 1 } } }],
    ['dimensions.region', { dimensions: { region: null } }],
    ['dimensions.region', { dimensions: { region: '\udfff' } }],
    [`dimensions.${'n'.repeat(65)}`, { dimensions: { ['n'.repeat(65)]: 'v' } }],
    ['dimensions.', { dimensions: { '': 'v' } }],
    ['id', { id: 'a b' }],
    ['id', { id: 'x'.repeat(65) }],
  ])('is refused by the name of its field: %s %j', async (field, change) => {
    const body =
      change === '1e999' ? JSON.stringify(event).replace('14.5', change) : { ...event, ...(change as object) };
    const answer = await ingest.post(path, body);
    expect(answer.status).toBe(400);
    expect(answer.body.error.details.map((detail: { field: string }) => detail.field)).toEqual([field]);
  });

  test.each([
    ['malformed JSON', '{"orgCode": "ACME",'],
    ['a number that is none', JSON.stringify(event).replace('14.5', 'NaN')],
    ['an empty body', ''],
    ['no object', '[]'],
    ['null', 'null'],
    ['too deep a nesting', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['a forbidden key', JSON.stringify(event).replace('"urgency"', '"__proto__"')],
    ['a forbidden key with escapes', JSON.stringify(event).replace('"urgency"', '"\\u005f_proto__"')],
    [
      'more keys than any object may have',
      { ...event, dimensions: Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`d${i}`, 'v'])) },
    ],
  ])('with %s is refused', async (_what, body) => {
    const answer = await ingest.post(path, body);
    expect(answer.status).toBe(400);
    expect(answer.body.error).toMatchObject({ code: expect.any(String), message: expect.any(String) });
  });

  test('for a foreign, an unknown or a suspended organization is forbidden in the same words for the first two', async () => {
    const [foreign, unknown, suspended] = await Promise.all(
      ['GAMMA', 'NOWHERE', 'DELTA'].map((orgCode) => ingest.post(path, { ...event, orgCode })),
    );
    expect([foreign?.status, unknown?.status, suspended?.status]).toEqual([403, 403, 403]);
    expect(foreign?.text).toBe(unknown?.text);
  });

  test('without a key is 401, with a key that may only read 403', async () => {
    expect((await ingest.post(path, event, { 'x-api-key': 'mk_live_none' })).status).toBe(401);
    expect((await ingest.post(path, event, { 'x-api-key': QUERY_KEY })).status).toBe(403);
  });

  test('of another content type is 415', async () => {
    expect((await ingest.post(path, 'value=1', { 'content-type': 'text/plain' })).status).toBe(415);
  });
});
