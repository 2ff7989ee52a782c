import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CONTROL_LIMITS } from '../../../schemas/api/control-limits.ts';
import { insertKey } from '../../support/control-data.ts';
import { startQueryApi, type TestQueryApi } from '../../support/query-api-app.ts';

const at = Date.UTC(2026, 2, 18, 12);
const created = new Date(at).toISOString();
let api: TestQueryApi;
let operator: string;
let acmeAdmin: string;
let acmeQuery: string;
let globexAdmin: string;

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
async function call(
  method: Method,
  url: string,
  { key = operator, body }: { key?: string | null; body?: unknown } = {},
) {
  const response = await api.app.inject({
    method,
    url,
    headers: key === null ? {} : { 'x-api-key': key },
    ...(body === undefined ? {} : { payload: body as object }),
  });
  return { status: response.statusCode, body: response.json(), headers: response.headers };
}

const keyOf = async (orgCode: string, scope: string) =>
  (await call('POST', '/api/v1/keys', { body: { name: `${orgCode} ${scope}`, scope, orgCode } })).body.key as string;

beforeAll(async () => {
  api = await startQueryApi(() => at);
});

afterAll(() => api.close());

beforeEach(async () => {
  await api.sql`DELETE FROM tenants`;
  await api.sql`DELETE FROM api_keys`;
  operator = (await insertKey(api.sql, { permissions: ['ingest', 'query', 'admin', 'platform'] })).text;
  for (const [code, name] of [
    ['ACME', 'ACME Behavioral Health'],
    ['GLOBEX', 'Globex'],
  ])
    expect((await call('POST', '/api/v1/organizations', { body: { code, name } })).status).toBe(201);
  acmeAdmin = await keyOf('ACME', 'Admin');
  acmeQuery = await keyOf('acme', 'Query');
  globexAdmin = await keyOf('GLOBEX', 'Admin');
  await call('POST', '/api/v1/capabilities', {
    key: acmeAdmin,
    body: { code: 'P2P', name: 'Prior Authorization (P2P)' },
  });
});

const unauthorized = { error: { code: 'unauthorized', message: 'Invalid or missing API key.' } };
const noScope = { error: { code: 'forbidden', message: 'API key does not have the required scope.' } };
const missing = { error: { code: 'not_found', message: 'The requested resource does not exist.' } };

describe('every endpoint', () => {
  const endpoints: { method: Method; url: string; body?: object; scope: string }[] = [
    { method: 'GET', url: '/api/v1/organizations', scope: 'Ingest' },
    { method: 'GET', url: '/api/v1/organizations/ACME', scope: 'Ingest' },
    { method: 'POST', url: '/api/v1/organizations', body: { code: 'NEW', name: 'New' }, scope: 'Admin' },
    { method: 'GET', url: '/api/v1/capabilities', scope: 'Ingest' },
    { method: 'POST', url: '/api/v1/capabilities', body: { code: 'NEW', name: 'New' }, scope: 'Query' },
    { method: 'PUT', url: '/api/v1/metrics/met_P2P_CycleTime', body: {}, scope: 'Query' },
    { method: 'GET', url: '/api/v1/keys', scope: 'Query' },
    { method: 'POST', url: '/api/v1/keys', body: { name: 'New', scope: 'Ingest' }, scope: 'Query' },
    { method: 'DELETE', url: '/api/v1/keys/key_m3kL9xPq', scope: 'Ingest' },
  ];

  it.each(endpoints)(
    '$method $url refuses no key, a wrong key and a key without the scope',
    async ({ method, url, body, scope }) => {
      for (const key of [null, 'mk_live_nonsense', `${operator.slice(0, -1)}!`])
        expect(await call(method, url, { key, body })).toMatchObject({ status: 401, body: unauthorized });
      const key = await keyOf('ACME', scope);
      expect(await call(method, url, { key, body })).toMatchObject({ status: 403, body: noScope });
    },
  );
});

describe('organizations', () => {
  it('lists those of the key alone, with exactly the documented fields', async () => {
    const { status, body } = await call('GET', '/api/v1/organizations', { key: acmeQuery });
    expect(status).toBe(200);
    expect(body).toEqual({
      data: [
        {
          id: expect.stringMatching(/^org_\w+$/),
          code: 'ACME',
          name: 'ACME Behavioral Health',
          status: 'active',
          dataRetentionDays: CONTROL_LIMITS.defaultRetentionDays,
          createdAt: created,
        },
      ],
    });
    const all = await call('GET', '/api/v1/organizations');
    expect(all.body.data.map(({ code }: { code: string }) => code)).toEqual(['ACME', 'GLOBEX']);
  });

  it('shows one by any of its ids, with usage', async () => {
    const listed = (await call('GET', '/api/v1/organizations', { key: acmeQuery })).body.data[0];
    for (const reference of ['ACME', 'acme', listed.id]) {
      const { status, body } = await call('GET', `/api/v1/organizations/${reference}`, { key: acmeQuery });
      expect(status).toBe(200);
      const { createdAt: _, ...shown } = listed;
      expect(body).toEqual({ ...shown, capabilities: ['P2P'], usage: { eventsThisMonth: 0, storageUsedMb: 0 } });
    }
  });

  it('answers a foreign organization exactly like one that does not exist', async () => {
    for (const reference of ['GLOBEX', 'globex', 'NOBODY', '%00', 'org_00000000']) {
      const answer = await call('GET', `/api/v1/organizations/${reference}`, { key: acmeQuery });
      expect(answer).toMatchObject({ status: 404, body: missing });
    }
  });

  it('creates one with the retention asked for, in its own shard, and shows it at once', async () => {
    const body = { code: 'old-data', name: ' Old data ', slug: 'history', dataRetentionDays: 6_000 };
    const answer = await call('POST', '/api/v1/organizations', { body });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^org_[0-9A-Za-z]{12}$/),
      number: expect.any(Number),
      code: 'OLD-DATA',
      slug: 'history',
      name: 'Old data',
      status: 'active',
      dataRetentionDays: 6_000,
      plan: null,
      contactEmail: null,
      createdAt: created,
    });
    expect((await call('GET', '/api/v1/organizations/history')).body.id).toBe(answer.body.id);
    const shards = await api.sql<{ shard: number }[]>`SELECT shard FROM tenants`;
    expect(new Set(shards.map(({ shard }) => shard)).size).toBe(3);
  });

  it.each([
    [{ name: 'X' }, 'code', 'bad_request'],
    [{ code: 'X' }, 'name', 'bad_request'],
    [{ code: '-X', name: 'X' }, 'code', 'validation_error'],
    [{ code: 'X'.repeat(CONTROL_LIMITS.organizationCodeLength + 1), name: 'X' }, 'code', 'validation_error'],
    [{ code: 'X', name: '   ' }, 'name', 'validation_error'],
    [{ code: 'X', name: 'a\u0000b' }, 'name', 'validation_error'],
    [{ code: 'X', name: 'x'.repeat(CONTROL_LIMITS.nameLength + 1) }, 'name', 'validation_error'],
    [{ code: 'X', name: 'X', slug: 'Upper' }, 'slug', 'validation_error'],
    [{ code: 'X', name: 'X', dataRetentionDays: 0 }, 'dataRetentionDays', 'validation_error'],
    [
      { code: 'X', name: 'X', dataRetentionDays: CONTROL_LIMITS.maxRetentionDays + 1 },
      'dataRetentionDays',
      'validation_error',
    ],
    [{ code: 'X', name: 'X', dataRetentionDays: 1.5 }, 'dataRetentionDays', 'validation_error'],
  ])('refuses to create %j', async (body, field, code) => {
    const answer = await call('POST', '/api/v1/organizations', { body });
    expect(answer).toMatchObject({ status: 400, body: { error: { code, details: [{ field }] } } });
  });

  it.each([
    { code: 'acme', name: 'Again' },
    { code: 'OTHER', name: 'Slug is taken', slug: 'acme' },
    { code: 'OTHER', name: 'Slug is a code', slug: 'globex' },
  ])('answers 409 to %j', async (body) => {
    expect(await call('POST', '/api/v1/organizations', { body })).toMatchObject({
      status: 409,
      body: { error: { code: 'conflict' } },
    });
  });
});

describe('capabilities', () => {
  it('lists those of one organization or of all of the key', async () => {
    await call('POST', '/api/v1/capabilities', {
      body: { orgCode: 'GLOBEX', code: 'CLAIMS', name: 'Claims', metricTypes: ['Volume'] },
    });
    const p2p = {
      orgCode: 'ACME',
      code: 'P2P',
      name: 'Prior Authorization (P2P)',
      metricTypes: [],
      dimensions: [],
      eventCount: 0,
    };
    const claims = { ...p2p, orgCode: 'GLOBEX', code: 'CLAIMS', name: 'Claims', metricTypes: ['Volume'] };
    expect((await call('GET', '/api/v1/capabilities')).body).toEqual({ data: [p2p, claims] });
    expect((await call('GET', '/api/v1/capabilities?orgCode=GLOBEX')).body).toEqual({ data: [claims] });
    expect((await call('GET', '/api/v1/capabilities', { key: acmeQuery })).body).toEqual({ data: [p2p] });
    expect(await call('GET', '/api/v1/capabilities?orgCode=GLOBEX', { key: acmeQuery })).toMatchObject({
      status: 404,
      body: missing,
    });
  });

  it('keeps the case of the code', async () => {
    const create = (code: string) =>
      call('POST', '/api/v1/capabilities', { key: acmeAdmin, body: { code, name: 'X' } });
    expect((await create('p2p')).body.code).toBe('p2p');
    expect(await create('P2P')).toMatchObject({ status: 409, body: { error: { code: 'conflict' } } });
  });

  it('asks which organization when the key spans several, and refuses a foreign one', async () => {
    const body = { code: 'X', name: 'X' };
    expect(await call('POST', '/api/v1/capabilities', { body })).toMatchObject({
      status: 400,
      body: { error: { code: 'bad_request', details: [{ field: 'orgCode' }] } },
    });
    for (const orgCode of ['ACME', 'NOBODY'])
      expect(
        await call('POST', '/api/v1/capabilities', { key: globexAdmin, body: { ...body, orgCode } }),
      ).toMatchObject({
        status: 403,
        body: { error: { code: 'forbidden' } },
      });
  });

  it.each([
    [{ name: 'X' }, 'code'],
    [{ code: 'a b', name: 'X' }, 'code'],
    [{ code: 'x'.repeat(CONTROL_LIMITS.capabilityCodeLength + 1), name: 'X' }, 'code'],
    [{ code: 'X', name: 'X', metricTypes: ['ok', 'not ok'] }, 'metricTypes[1]'],
    [{ code: 'X', name: 'X', metricTypes: Array(CONTROL_LIMITS.metricTypes + 1).fill('M') }, 'metricTypes'],
  ])('refuses to create %j', async (body, field) => {
    const answer = await call('POST', '/api/v1/capabilities', { key: acmeAdmin, body });
    expect(answer).toMatchObject({ status: 400, body: { error: { details: [{ field }] } } });
  });
});

describe('metric definitions', () => {
  const url = '/api/v1/metrics/met_P2P_CycleTime';
  const put = (body: object, path = url) => call('PUT', path, { key: acmeAdmin, body });

  it('are created and replaced as a whole', async () => {
    const full = {
      displayName: 'P2P Cycle Time',
      unit: 'hours',
      slaDimension: 'region',
      slaTargets: { Expedited: 8, Standard: 72 },
    };
    const ids = { id: 'met_P2P_CycleTime', capabilityCode: 'P2P', metricType: 'CycleTime' };
    expect(await put(full)).toMatchObject({ status: 200, body: { ...ids, ...full } });
    expect((await put({})).body).toEqual({
      ...ids,
      displayName: 'P2P Cycle Time',
      unit: '',
      slaDimension: 'urgency',
      slaTargets: {},
    });
    expect((await call('GET', '/api/v1/capabilities', { key: acmeAdmin })).body.data[0].metricTypes).toEqual([
      'CycleTime',
    ]);
  });

  it('belong to the longest capability that fits the id', async () => {
    for (const code of ['A', 'A_B'])
      await call('POST', '/api/v1/capabilities', { key: acmeAdmin, body: { code, name: code } });
    expect((await put({}, '/api/v1/metrics/met_A_B_C')).body).toMatchObject({ capabilityCode: 'A_B', metricType: 'C' });
    const taken = await call('POST', '/api/v1/capabilities', {
      key: acmeAdmin,
      body: { code: 'A_B_C', name: 'X', metricTypes: ['D'] },
    });
    expect(taken.status).toBe(201);
  });

  it('are not found without a capability that fits, nor with a foreign one', async () => {
    for (const id of ['met_NOBODY_CycleTime', 'met_P2P_', 'met_P2P', 'P2P_CycleTime', 'met_P2P_a%20b'])
      expect(await put({}, `/api/v1/metrics/${id}`)).toMatchObject({ status: 404, body: missing });
    expect(await call('PUT', url, { key: globexAdmin, body: {} })).toMatchObject({ status: 404, body: missing });
    expect((await call('PUT', url, { key: globexAdmin, body: { orgCode: 'ACME' } })).status).toBe(403);
  });

  it.each([
    [{ slaTargets: { a: -1 } }, 'slaTargets.a'],
    [{ slaTargets: { a: '8' } }, 'slaTargets.a'],
    [{ slaTargets: [8] }, 'slaTargets'],
    [{ unit: 'x'.repeat(CONTROL_LIMITS.unitLength + 1) }, 'unit'],
    [{ displayName: '' }, 'displayName'],
    [{ slaDimension: 7 }, 'slaDimension'],
  ])('refuse %j', async (body, field) => {
    expect(await put(body)).toMatchObject({ status: 400, body: { error: { details: [{ field }] } } });
  });
});

describe('SLA targets', () => {
  const targets = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`u${n}`, n]));
  const put = (slaTargets: object) =>
    call('PUT', '/api/v1/metrics/met_P2P_CycleTime', { key: acmeAdmin, body: { slaTargets } });

  it('are limited in number', async () => {
    const most = targets(CONTROL_LIMITS.slaTargets);
    expect((await put(most)).body.slaTargets).toEqual(most);
    expect((await put(targets(CONTROL_LIMITS.slaTargets + 1))).status).toBe(400);
  });
});

describe('keys', () => {
  it('are created with the documented answer and work at once', async () => {
    const body = { name: 'Dashboard Read-Only', scope: 'Query' };
    const answer = await call('POST', '/api/v1/keys', { key: acmeAdmin, body });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^key_\w+$/),
      ...body,
      key: expect.stringMatching(/^mk_live_\w{62}$/),
      createdAt: created,
    });
    expect(answer.headers['cache-control']).toBe('no-store');
    const organizations = await call('GET', '/api/v1/organizations', { key: answer.body.key });
    expect(organizations.body.data.map(({ code }: { code: string }) => code)).toEqual(['ACME']);
  });

  it('are listed masked, for those who may touch all their organizations', async () => {
    const { status, body } = await call('GET', '/api/v1/keys', { key: acmeAdmin });
    expect(status).toBe(200);
    expect(body.data).toHaveLength(2);
    expect(body.data).toContainEqual({
      id: expect.stringMatching(/^key_\w+$/),
      name: 'ACME Admin',
      scope: 'Admin',
      prefix: `${acmeAdmin.slice(0, 12)}...`,
      createdAt: created,
      lastUsedAt: null,
    });
    expect((await call('GET', '/api/v1/keys')).body.data).toHaveLength(4);
    expect(JSON.stringify(body)).not.toContain(acmeAdmin.slice(13, 40));
  });

  it('are listed with when they were last used, as documented', async () => {
    await call('POST', '/api/v1/keys', { key: acmeAdmin, body: { name: 'Production Ingest', scope: 'Ingest' } });
    const used = '2026-03-18T09:15:22.000Z';
    await api.sql`UPDATE api_keys SET last_used_at = ${used}, created_at = '2026-01-10T14:00:00Z' WHERE name = 'Production Ingest'`;
    const { data } = (await call('GET', '/api/v1/keys', { key: acmeAdmin })).body;
    expect(data.at(-1)).toEqual({
      id: expect.stringMatching(/^key_\w+$/),
      name: 'Production Ingest',
      scope: 'Ingest',
      prefix: expect.stringMatching(/^mk_live_\w{4}\.\.\.$/),
      createdAt: '2026-01-10T14:00:00.000Z',
      lastUsedAt: used,
    });
  });

  it('are revoked at once and for good', async () => {
    const { id, key } = (await call('POST', '/api/v1/keys', { key: acmeAdmin, body: { name: 'X', scope: 'Query' } }))
      .body;
    expect((await call('GET', '/api/v1/organizations', { key })).status).toBe(200);
    const revoked = { id, status: 'revoked', revokedAt: created };
    for (let again = 0; again < 2; again++) {
      const answer = await call('DELETE', `/api/v1/keys/${id}`, { key: acmeAdmin });
      expect(answer).toMatchObject({ status: 200, body: revoked });
    }
    expect(await call('GET', '/api/v1/organizations', { key })).toMatchObject({ status: 401, body: unauthorized });
    const listed = (await call('GET', '/api/v1/keys', { key: acmeAdmin })).body.data;
    expect(listed.map((entry: { id: string }) => entry.id)).not.toContain(id);
  });

  it('of others are answered like missing ones', async () => {
    const [row] = await api.sql<{ id: string }[]>`SELECT id FROM api_keys WHERE name = 'GLOBEX Admin'`;
    const [all] = await api.sql<{ id: string }[]>`SELECT id FROM api_keys WHERE all_tenants`;
    for (const id of [row?.id, all?.id, 'key_missing0', 'x', '%00'])
      expect(await call('DELETE', `/api/v1/keys/${id}`, { key: acmeAdmin })).toMatchObject({
        status: 404,
        body: missing,
      });
    expect((await call('GET', '/api/v1/organizations', { key: globexAdmin })).status).toBe(200);
  });

  it('never allow more than the key that creates them', async () => {
    const adminOnly = (await insertKey(api.sql, { permissions: ['admin', 'query'] })).text;
    for (const scope of ['Admin', 'Ingest'])
      expect(await call('POST', '/api/v1/keys', { key: adminOnly, body: { name: 'X', scope } })).toMatchObject({
        status: 403,
        body: { error: { code: 'forbidden' } },
      });
    expect((await call('POST', '/api/v1/keys', { key: adminOnly, body: { name: 'X', scope: 'Query' } })).status).toBe(
      201,
    );
    const foreign = { name: 'X', scope: 'Query', orgCode: 'GLOBEX' };
    expect((await call('POST', '/api/v1/keys', { key: acmeAdmin, body: foreign })).status).toBe(403);
    const wide = (await call('POST', '/api/v1/keys', { body: { name: 'X', scope: 'Admin' } })).body.key;
    expect((await call('POST', '/api/v1/organizations', { key: wide, body: { code: 'X', name: 'X' } })).status).toBe(
      403,
    );
  });

  it.each([
    [{ scope: 'Query' }, 'name'],
    [{ name: 'X' }, 'scope'],
    [{ name: 'X', scope: 'query' }, 'scope'],
    [{ name: '', scope: 'Query' }, 'name'],
  ])('are not created from %j', async (body, field) => {
    const answer = await call('POST', '/api/v1/keys', { key: acmeAdmin, body });
    expect(answer).toMatchObject({ status: 400, body: { error: { details: [{ field }] } } });
  });
});

describe('what events have shown', () => {
  it('is part of capabilities and usage', async () => {
    const { id } = (await call('GET', '/api/v1/organizations/ACME')).body;
    const insert = (n: number, month: number, metric: string) =>
      api.analytics.command(`
        INSERT INTO events (tenant, capability, metric, at, value, dimensions, event_id, received_at, expires_at)
        SELECT '${id}', 'P2P', '${metric}', toDateTime64('2026-0${month}-02 00:00:00', 3, 'UTC'), number, map('urgency', 'x', 'region', 'y'),
               toString(number), now64(), '2100-01-01 00:00:00'
        FROM numbers(${n})`);
    await insert(200, 3, 'CycleTime');
    await insert(100, 2, 'Volume');
    const [capability] = (await call('GET', '/api/v1/capabilities?orgCode=ACME')).body.data;
    expect(capability).toMatchObject({
      metricTypes: ['CycleTime', 'Volume'],
      dimensions: ['region', 'urgency'],
      eventCount: 300,
    });
    const { usage } = (await call('GET', '/api/v1/organizations/ACME')).body;
    expect(usage.eventsThisMonth).toBe(200);
    expect(usage.storageUsedMb).toBeGreaterThan(0);
    expect((await call('GET', '/api/v1/organizations/GLOBEX')).body.usage).toEqual({
      eventsThisMonth: 0,
      storageUsedMb: 0,
    });
  });
});
