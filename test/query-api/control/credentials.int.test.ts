import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Permission } from '../../../platform/tenancy/tenancy.ts';
import { insertKey } from '../../support/control-data.ts';
import { claimsAt, secretSettings, sign } from '../../support/jwts.ts';
import { startQueryApi, type TestQueryApi } from '../../support/query-api-app.ts';

const at = Date.UTC(2026, 3, 10, 12);
const created = '2026-04-10T12:00:00.000Z';
const everything: Permission[] = ['ingest', 'query', 'status', 'incidents', 'maintenance', 'admin', 'platform'];
let api: TestQueryApi;
let clock = at;
let operator: string;
let acmeAdmin: string;

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';
async function call(method: Method, url: string, { key = operator, body }: { key?: string; body?: unknown } = {}) {
  const response = await api.app.inject({
    method,
    url,
    headers: { authorization: `Bearer ${key}` },
    ...(body === undefined ? {} : { payload: body as object }),
  });
  return { status: response.statusCode, text: response.body, body: response.json(), headers: response.headers };
}

const jwt = (claims: object = {}) => sign({ ...claimsAt(at), ...claims });

beforeAll(async () => {
  api = await startQueryApi(() => clock, secretSettings);
});
afterAll(() => api.close());

beforeEach(async () => {
  clock = at;
  await api.sql`DELETE FROM tenants`;
  await api.sql`DELETE FROM api_keys`;
  operator = (await insertKey(api.sql, { permissions: everything })).text;
  for (const [tenant_id, name] of [
    ['acme-corp', 'Acme Corporation'],
    ['globex', 'Globex'],
  ])
    expect((await call('POST', '/api/v1/tenants', { body: { tenant_id, name } })).status).toBe(201);
  acmeAdmin = await apiKey({ scope: 'admin', tenant_id: 'acme-corp' });
});

async function apiKey(body: object, key = operator): Promise<string> {
  const answer = await call('POST', '/api/v1/apikeys', { key, body: { name: 'A key', ...body } });
  expect(answer.status, answer.text).toBe(201);
  return answer.body.api_key;
}

describe('tenants', () => {
  it('are registered and listed as documented', async () => {
    await api.sql`DELETE FROM tenants`;
    const superAdmin = await jwt({ role: 'super-admin' });
    const body = { tenant_id: 'acme-corp', name: 'Acme Corporation', plan: 'pro', contact_email: 'ops@acme.com' };
    const answer = await call('POST', '/api/v1/tenants', { key: superAdmin, body });
    expect([answer.status, answer.body]).toEqual([201, { tenant_id: 'acme-corp', created_at: created }]);
    const listed = await call('GET', '/api/v1/tenants', { key: superAdmin });
    expect([listed.status, listed.body]).toEqual([
      200,
      {
        tenants: [
          {
            tenant_id: 'acme-corp',
            name: 'Acme Corporation',
            plan: 'pro',
            created_at: created,
            events_this_month: 0,
          },
        ],
      },
    ]);
  });

  it('count the events of the month, each its own', async () => {
    const id = (await api.directory.tenant('acme-corp'))?.id ?? '';
    await api.analytics.command(`
      INSERT INTO events (tenant, capability, metric, at, value, dimensions, event_id, received_at, expires_at)
      SELECT '${id}', 'P2P', 'CycleTime', toDateTime64(if(number < 40, '2026-04-02 00:00:00', '2026-03-31 23:59:59'), 3, 'UTC'), 1, map(),
             toString(number), now64(), '2100-01-01 00:00:00'
      FROM numbers(100)`);
    const { tenants } = (await call('GET', '/api/v1/tenants')).body;
    expect(tenants.map(({ events_this_month }: { events_this_month: number }) => events_this_month)).toEqual([40, 0]);
  });

  it('are organizations too, by any of their ids', async () => {
    const { body } = await call('GET', '/api/v1/organizations');
    expect(body.data.map(({ code }: { code: string }) => code)).toEqual(['ACME-CORP', 'GLOBEX']);
    const tenant = await api.directory.tenant('ACME-CORP');
    for (const reference of ['acme-corp', 'ACME-CORP', tenant?.id, tenant?.number])
      expect((await call('GET', `/api/v1/organizations/${reference}`)).body.name).toBe('Acme Corporation');
  });

  it.each([
    [{ name: 'X' }, "The 'tenant_id' field is required: tenant_id: must not be empty"],
    [{ tenant_id: 'Upper', name: 'X' }, 'Request body contains invalid fields: tenant_id: must be 1 to 63 lower-case'],
    [{ tenant_id: 'x', name: 'X', contact_email: 'nobody' }, 'contact_email: must be an e-mail address'],
    [{ tenant_id: 'x', name: 'X', plan: 'No plan' }, 'plan: must be 1 to 32'],
  ])('are not registered from %j', async (body, message) => {
    const answer = await call('POST', '/api/v1/tenants', { body });
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({ error: { code: expect.any(String), message: expect.stringContaining(message) } });
  });

  it('are refused with 409 when the id is taken', async () => {
    const answer = await call('POST', '/api/v1/tenants', { body: { tenant_id: 'globex', name: 'Again' } });
    expect([answer.status, answer.body.error.code]).toEqual([409, 'conflict']);
  });

  it.each(['viewer', 'operator', 'admin'])('are nothing for the role %s', async (role) => {
    const key = await jwt({ role });
    for (const method of ['GET', 'POST'] as const)
      expect(await call(method, '/api/v1/tenants', { key, ...(method === 'POST' ? { body: {} } : {}) })).toMatchObject({
        status: 403,
        body: { error: { code: 'forbidden', message: 'API key does not have the required scope' } },
      });
  });

  it('are all that a super-admin sees: no data of theirs', async () => {
    const key = await jwt({ role: 'super-admin' });
    for (const url of [
      '/api/v1/organizations',
      '/api/v1/metrics',
      '/api/v1/events',
      '/api/v1/keys',
      '/api/v1/apikeys',
      '/api/v1/dead-letters',
    ])
      expect((await call('GET', url, { key })).status, url).toBe(403);
  });
});

describe('an organization', () => {
  const url = '/api/v1/organizations/acme-corp';

  it('is changed where something is given, and stays where nothing is', async () => {
    const body = { name: ' ACME ', plan: 'pro', contactEmail: 'ops@acme.com', dataRetentionDays: 730 };
    const changed = await call('PATCH', url, { body });
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({
      ...body,
      name: 'ACME',
      code: 'ACME-CORP',
      slug: 'acme-corp',
      status: 'active',
    });
    const after = await call('PATCH', url, { body: { plan: null } });
    expect(after.body).toEqual({ ...changed.body, plan: null });
    expect((await call('GET', url, { key: acmeAdmin })).body).toMatchObject({ name: 'ACME', dataRetentionDays: 730 });
  });

  it.each([{}, { code: 'NEW' }, { dataRetentionDays: 0 }, { name: '' }, { status: 'suspended' }])(
    'is not changed by %j',
    async (body) => {
      expect((await call('PATCH', url, { body })).status).toBe(400);
    },
  );

  it('that is suspended is refused everywhere, in the envelope of each family, until it is resumed', async () => {
    const token = (await call('POST', '/api/v1/auth/token', { key: acmeAdmin, body: {} })).body.access_token;
    const user = await jwt();
    expect(await call('POST', `${url}/suspend`)).toMatchObject({ status: 200, body: { status: 'suspended' } });
    const message = 'The organization is suspended';
    for (const key of [acmeAdmin, token, user]) {
      for (const path of ['metrics', 'events', 'organizations', 'organizations/acme-corp', 'keys'])
        expect(await call('GET', `/api/v1/${path}`, { key })).toMatchObject({
          status: 403,
          body: { error: { code: 'forbidden', message: `${message}.` } },
        });
      expect((await call('GET', '/api/v1/apikeys', { key })).body).toEqual({ error: { code: 'forbidden', message } });
      expect((await call('GET', '/api/v1/health', { key })).body).toEqual({ error: message });
    }
    expect((await call('GET', url)).body.status).toBe('suspended');
    expect((await call('GET', '/api/v1/metrics?orgCode=acme-corp')).status).toBe(403);
    expect((await call('GET', '/api/v1/metrics')).status).toBe(200);
    expect((await call('POST', `${url}/suspend`)).status).toBe(200);
    expect(await call('POST', `${url}/resume`)).toMatchObject({ status: 200, body: { status: 'active' } });
    for (const key of [acmeAdmin, token, user])
      expect((await call('GET', '/api/v1/metrics', { key })).status).toBe(200);
  });

  it('that is deleted is gone with its keys and tokens, and its code and slug are free for one that has nothing of it', async () => {
    const before = await api.directory.tenant('acme-corp');
    const [user, both] = [await jwt(), await insertKeyOfBoth()];
    const token = (await call('POST', '/api/v1/auth/token', { key: acmeAdmin, body: {} })).body.access_token;
    const deleted = await call('DELETE', url);
    expect(deleted.body).toEqual({ id: before?.id, code: 'ACME-CORP', status: 'deleted', deletedAt: created });
    for (const key of [acmeAdmin, token, user])
      expect((await call('GET', '/api/v1/organizations', { key })).status).toBe(401);
    for (const reference of ['acme-corp', 'ACME-CORP', before?.id, before?.number])
      for (const method of ['GET', 'DELETE'] as const)
        expect((await call(method, `/api/v1/organizations/${reference}`)).status).toBe(404);
    const codes = (await call('GET', '/api/v1/organizations', { key: both })).body.data;
    expect(codes.map(({ code }: { code: string }) => code)).toEqual(['GLOBEX']);

    expect((await call('POST', '/api/v1/tenants', { body: { tenant_id: 'acme-corp', name: 'New' } })).status).toBe(201);
    const after = await api.directory.tenant('acme-corp');
    expect(after?.id).not.toBe(before?.id);
    expect(after?.number).not.toBe(before?.number);
    expect((await call('GET', '/api/v1/organizations', { key: acmeAdmin })).status).toBe(401);
  });

  it('is for those who look after the platform: 403 for its own administrators, 404 for what is missing', async () => {
    const requests: [Method, string, object?][] = [
      ['PATCH', '', { name: 'X' }],
      ['DELETE', ''],
      ['POST', '/suspend'],
      ['POST', '/resume'],
    ];
    for (const [method, path, body] of requests) {
      expect((await call(method, `${url}${path}`, { key: acmeAdmin, body })).status).toBe(403);
      expect((await call(method, `/api/v1/organizations/nobody${path}`, { body })).status).toBe(404);
    }
  });

  async function insertKeyOfBoth(): Promise<string> {
    const tenants = await api.directory.tenants('all');
    return (await insertKey(api.sql, { tenants: tenants.map(({ id }) => id) })).text;
  }
});

describe('API keys of the anomaly API', () => {
  it('are created as documented, for the tenant of the caller', async () => {
    const body = {
      name: 'Production Ingestion',
      scope: 'ingestion',
      rate_limit_rps: 1000,
      expires_at: '2027-01-01T00:00:00Z',
    };
    const answer = await call('POST', '/api/v1/apikeys', { key: await jwt(), body });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      key_id: expect.stringMatching(/^isage_key_\w+$/),
      api_key: expect.stringMatching(/^isage_\w+$/),
      scope: 'ingestion',
      created_at: created,
    });
    expect(answer.headers['cache-control']).toBe('no-store');
    const principal = await api.directory.authenticate(answer.body.api_key);
    const acme = await api.directory.tenant('acme-corp');
    expect(principal).toMatchObject({ tenants: [acme?.id], rateLimitRps: 1000, expiresAt: Date.UTC(2027, 0, 1) });
    expect([...(principal?.permissions ?? [])]).toEqual(['ingest']);
  });

  it('are listed without the key, newest first, and only those of the tenant', async () => {
    clock += 1_000;
    await apiKey({ name: 'Theirs', scope: 'query', tenant_id: 'globex' });
    const key = await apiKey({ name: 'Mine', scope: 'query', rate_limit_rps: 5 }, acmeAdmin);
    const { status, body, text } = await call('GET', '/api/v1/apikeys', { key: acmeAdmin });
    expect(status).toBe(200);
    expect(body.api_keys).toHaveLength(2);
    expect(body.api_keys[0]).toEqual({
      key_id: expect.stringMatching(/^isage_key_\w+$/),
      name: 'Mine',
      prefix: `${key.slice(0, 10)}...`,
      scope: 'query',
      rate_limit_rps: 5,
      created_at: new Date(clock).toISOString(),
      expires_at: null,
      last_used_at: null,
    });
    expect(text).not.toContain(key.slice(20));
  });

  it('are revoked by any of their ids, and others are answered like missing ones', async () => {
    const key = await apiKey({ scope: 'query' }, acmeAdmin);
    const { api_keys } = (await call('GET', '/api/v1/apikeys', { key: acmeAdmin })).body;
    const { key_id } = api_keys.find(({ scope }: { scope: string }) => scope === 'query');
    const globexAdmin = await apiKey({ scope: 'admin', tenant_id: 'globex' });
    const foreign = await call('DELETE', `/api/v1/apikeys/${key_id}`, { key: globexAdmin });
    const missing = await call('DELETE', '/api/v1/apikeys/isage_key_000000000000', { key: globexAdmin });
    expect([foreign.status, foreign.text]).toEqual([404, missing.text]);
    expect(missing.body).toEqual({
      error: { code: 'not_found', message: 'The requested resource does not exist' },
    });
    for (const id of [key_id, key_id.slice('isage_'.length)]) {
      const answer = await call('DELETE', `/api/v1/apikeys/${id}`, { key: acmeAdmin });
      expect([answer.status, answer.body]).toEqual([200, { key_id, status: 'revoked', revoked_at: created }]);
    }
    expect((await call('GET', '/api/v1/metrics', { key })).status).toBe(401);
  });

  it('ask for the tenant where the caller has several, and refuse a foreign one', async () => {
    const body = { name: 'X', scope: 'query' };
    expect((await call('POST', '/api/v1/apikeys', { body })).body.error.message).toContain("The 'tenant_id' field");
    for (const tenant_id of ['globex', 'nobody'])
      expect((await call('POST', '/api/v1/apikeys', { key: acmeAdmin, body: { ...body, tenant_id } })).status).toBe(
        403,
      );
  });

  it.each([
    { scope: 'query' },
    { name: 'X', scope: 'Query' },
    { name: 'X', scope: 'query', rate_limit_rps: 0 },
    { name: 'X', scope: 'query', rate_limit_rps: 1.5 },
    { name: 'X', scope: 'query', expires_at: 'tomorrow' },
    { name: 'X', scope: 'query', expires_at: created },
  ])('are not created from %j', async (body) => {
    expect((await call('POST', '/api/v1/apikeys', { key: acmeAdmin, body })).status).toBe(400);
  });

  it.each(['viewer', 'operator'])('need more than the role %s', async (role) => {
    const key = await jwt({ role });
    expect((await call('GET', '/api/v1/apikeys', { key })).status).toBe(403);
    expect((await call('POST', '/api/v1/apikeys', { key, body: { name: 'X', scope: 'query' } })).status).toBe(403);
    expect((await call('DELETE', '/api/v1/apikeys/isage_key_000000000000', { key })).status).toBe(403);
  });
});

describe('a key', () => {
  it('never grants what its creator does not have', async () => {
    const acme = (await api.directory.tenant('acme-corp'))?.id ?? '';
    const limited = (await insertKey(api.sql, { permissions: ['query', 'admin', 'status'], tenants: [acme] })).text;
    const create = (path: string, body: object) =>
      call('POST', `/api/v1/${path}`, { key: limited, body: { name: 'X', ...body } });
    for (const [path, body] of [
      ['keys', { scope: 'Admin' }],
      ['keys', { scope: 'Ingest' }],
      ['apikeys', { scope: 'admin' }],
      ['apikeys', { scope: 'ingestion' }],
      ['tokens', { scopes: ['read:status', 'write:incidents'] }],
    ] as const)
      expect((await create(path, body)).status, JSON.stringify(body)).toBe(403);
    expect((await create('tokens', { scopes: ['read:status'] })).status).toBe(201);
    const wide = (await call('POST', '/api/v1/keys', { body: { name: 'X', scope: 'Admin' } })).body.key;
    expect((await call('GET', '/api/v1/tenants', { key: wide })).status).toBe(403);
  });

  it('never outlives its creator, nor is limited less', async () => {
    const expiresAt = '2026-05-01T00:00:00.000Z';
    const creator = await apiKey({ scope: 'admin', rate_limit_rps: 10, expires_at: expiresAt }, acmeAdmin);
    for (const more of [{ expires_at: '2026-05-01T00:00:00.001Z' }, { rate_limit_rps: 11 }]) {
      const body = { name: 'X', scope: 'query', ...more };
      expect((await call('POST', '/api/v1/apikeys', { key: creator, body })).status).toBe(403);
    }
    const [made] = [await apiKey({ name: 'Child', scope: 'query' }, creator)];
    expect(await api.directory.authenticate(made)).toMatchObject({
      rateLimitRps: 10,
      expiresAt: Date.parse(expiresAt),
    });
    clock = Date.parse(expiresAt);
    expect((await call('GET', '/api/v1/metrics', { key: made })).status).toBe(401);
    expect((await call('GET', '/api/v1/apikeys', { key: acmeAdmin })).body.api_keys).toHaveLength(1);
  });

  it('of any family works on every route that its permissions allow', async () => {
    const metrics = (await call('POST', '/api/v1/keys', { key: acmeAdmin, body: { name: 'X', scope: 'Query' } })).body
      .key;
    const anomaly = await apiKey({ scope: 'query' }, acmeAdmin);
    for (const key of [metrics, anomaly])
      for (const path of ['metrics', 'organizations', 'health', 'rbac/permissions'])
        expect((await call('GET', `/api/v1/${path}`, { key })).status).toBe(200);
  });
});

describe('tokens of the status API', () => {
  const body = { name: 'CI pipeline', scopes: ['read:status', 'write:incidents'] };

  it('are created once to be seen, and verified as documented', async () => {
    const answer = await call('POST', '/api/v1/tokens', {
      key: acmeAdmin,
      body: { ...body, expires_at: '2027-01-01T00:00:00Z' },
    });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^key_\w+$/),
      ...body,
      token: expect.stringMatching(/^ops_\w+$/),
      token_prefix: answer.body.token.slice(4, 12),
      created_at: created,
      expires_at: '2027-01-01T00:00:00.000Z',
    });
    const number = (await api.directory.tenant('acme-corp'))?.number;
    expect(await call('GET', '/api/v1/health', { key: answer.body.token })).toMatchObject({
      status: 200,
      body: { ok: true, tenant_id: number, token_prefix: answer.body.token_prefix, scopes: body.scopes },
    });
    const { token: _, ...shown } = answer.body;
    expect((await call('GET', '/api/v1/tokens', { key: acmeAdmin })).body).toEqual({
      tokens: [{ ...shown, last_used_at: null }],
      total: 1,
      limit: 100,
      offset: 0,
    });
  });

  it('belong to the one tenant of their creator, whatever the body says', async () => {
    const own = await call('POST', '/api/v1/tokens', { key: acmeAdmin, body: { ...body, tenant_id: 'globex' } });
    const acme = await api.directory.tenant('acme-corp');
    expect(await api.directory.authenticate(own.body.token)).toMatchObject({ tenants: [acme?.id] });
    expect((await call('POST', '/api/v1/tokens', { body })).status).toBe(400);
    const globex = await api.directory.tenant('globex');
    const named = await call('POST', '/api/v1/tokens', { body: { ...body, tenant_id: globex?.number } });
    expect(await api.directory.authenticate(named.body.token)).toMatchObject({ tenants: [globex?.id] });
    expect((await call('POST', '/api/v1/tokens', { body: { ...body, tenant_id: 'nobody' } })).status).toBe(404);
  });

  it('are revoked for good; errors have the envelope of the family', async () => {
    const { id, token } = (await call('POST', '/api/v1/tokens', { key: acmeAdmin, body })).body;
    expect((await call('GET', '/api/v1/tokens', { key: token })).body).toEqual({
      error: 'missing required scope: admin',
    });
    expect((await call('DELETE', `/api/v1/tokens/${id}`, { key: acmeAdmin })).body).toEqual({
      id,
      status: 'revoked',
      revoked_at: created,
    });
    expect(await call('GET', '/api/v1/health', { key: token })).toMatchObject({
      status: 401,
      body: { error: 'Invalid or missing API key' },
    });
    expect(await call('DELETE', '/api/v1/tokens/key_00000000', { key: acmeAdmin })).toMatchObject({
      status: 404,
      body: { error: 'The requested resource does not exist' },
    });
  });

  it('are listed page by page', async () => {
    for (let n = 0; n < 3; n++) await call('POST', '/api/v1/tokens', { key: acmeAdmin, body });
    const { body: page } = await call('GET', '/api/v1/tokens?limit=2&offset=2', { key: acmeAdmin });
    expect([page.tokens.length, page.total, page.limit, page.offset]).toEqual([1, 3, 2, 2]);
    expect((await call('GET', '/api/v1/tokens?limit=201', { key: acmeAdmin })).status).toBe(400);
  });

  it.each([
    { name: 'X' },
    { name: 'X', scopes: [] },
    { name: 'X', scopes: ['read:everything'] },
    { name: 'X', scopes: ['read:status', 'read:status'] },
  ])('are not created from %j', async (given) => {
    expect((await call('POST', '/api/v1/tokens', { key: acmeAdmin, body: given })).status).toBe(400);
  });
});

describe('GET /api/v1/rbac/permissions', () => {
  it('answers an administrator as documented', async () => {
    expect((await call('GET', '/api/v1/rbac/permissions', { key: await jwt() })).body).toEqual({
      tenant_id: 'acme-corp',
      user_id: 'alice@acme.com',
      role: 'admin',
      level: 3,
      permissions: ['read', 'write', 'manage_keys', 'manage_users'],
    });
  });

  it.each([
    ['viewer', 1, ['read']],
    ['operator', 2, ['read', 'write']],
    ['super-admin', 4, ['manage_tenants']],
  ])('answers the role %s', async (role, level, permissions) => {
    const { body } = await call('GET', '/api/v1/rbac/permissions', { key: await jwt({ role }) });
    expect(body).toMatchObject({ role, level, permissions });
  });

  it('answers a key by what it may do', async () => {
    const { body } = await call('GET', '/api/v1/rbac/permissions');
    expect(body).toMatchObject({ tenant_id: null, role: 'super-admin', level: 4 });
    expect(body.user_id).toMatch(/^key_/);
  });
});

describe('POST /api/v1/auth/token', () => {
  const make = (key: string, body: object = {}) => call('POST', '/api/v1/auth/token', { key, body });

  it('makes of a key a JWT that may do the same in one tenant', async () => {
    const answer = await make(acmeAdmin, { expires_in: 300 });
    expect([answer.status, answer.headers['cache-control']]).toEqual([201, 'no-store']);
    expect(answer.body).toEqual({
      access_token: expect.stringMatching(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/),
      token_type: 'Bearer',
      expires_in: 300,
      tenant_id: 'acme-corp',
      role: 'admin',
    });
    const [key, token] = [acmeAdmin, answer.body.access_token];
    const { expiresAt: _, ...principal } = (await api.directory.authenticate(key)) ?? {};
    expect(await api.directory.authenticate(token)).toMatchObject({ ...principal, session: 'issued' });
    const { access_token } = (await make(operator, { tenant_id: 'globex' })).body;
    const seen = (await call('GET', '/api/v1/organizations', { key: access_token })).body.data;
    expect(seen.map(({ code }: { code: string }) => code)).toEqual(['GLOBEX']);
  });

  it('ends with its time, and with the key even before', async () => {
    const token = (await make(acmeAdmin, { expires_in: 60 })).body.access_token;
    clock += 64_000;
    expect((await call('GET', '/api/v1/metrics', { key: token })).status).toBe(200);
    clock += 1_000;
    expect((await call('GET', '/api/v1/metrics', { key: token })).status).toBe(401);
    clock = at;
    const short = await apiKey({ scope: 'query', expires_at: new Date(at + 30_000).toISOString() }, acmeAdmin);
    const bounded = await make(short, { expires_in: 3_600 });
    expect(bounded.body.expires_in).toBe(30);
    clock += 30_000;
    expect((await call('GET', '/api/v1/metrics', { key: bounded.body.access_token })).status).toBe(401);
  });

  it('is refused once the key is revoked, and follows the key when it may do less', async () => {
    const key = await apiKey({ scope: 'query' }, acmeAdmin);
    const token = (await make(key)).body.access_token;
    expect((await call('GET', '/api/v1/metrics', { key: token })).status).toBe(200);
    await api.sql`UPDATE api_keys SET permissions = '{ingest}' WHERE name = 'A key' AND permissions = '{query}'`;
    await api.directory.caughtUp();
    expect((await call('GET', '/api/v1/metrics', { key: token })).status).toBe(403);
    const [{ key_id }] = (await call('GET', '/api/v1/apikeys', { key: acmeAdmin })).body.api_keys.filter(
      ({ scope }: { scope: string }) => scope === 'ingestion',
    );
    expect((await call('DELETE', `/api/v1/apikeys/${key_id}`, { key: acmeAdmin })).status).toBe(200);
    expect((await call('GET', '/api/v1/metrics', { key: token })).status).toBe(401);
  });

  it('needs no body', async () => {
    expect(await call('POST', '/api/v1/auth/token', { key: acmeAdmin })).toMatchObject({
      status: 201,
      body: { expires_in: 900 },
    });
  });

  it('makes none of a JWT, none for a foreign tenant, and none of unlimited life', async () => {
    const token = (await make(acmeAdmin)).body.access_token;
    for (const key of [token, await jwt()]) expect((await make(key)).status).toBe(403);
    for (const tenant_id of ['globex', 'nobody']) expect((await make(acmeAdmin, { tenant_id })).status).toBe(403);
    expect((await make(operator)).status).toBe(400);
    for (const expires_in of [59, 3_601]) expect((await make(acmeAdmin, { expires_in })).status).toBe(400);
  });
});

describe('the scope of a route that asks for any credential', () => {
  it('is none: a key for anything may ask what it is', async () => {
    const acme = (await api.directory.tenant('acme-corp'))?.id ?? '';
    for (const permission of everything) {
      const { text } = await insertKey(api.sql, { permissions: [permission], tenants: [acme] });
      expect((await call('GET', '/api/v1/health', { key: text })).status).toBe(200);
      expect((await call('GET', '/api/v1/rbac/permissions', { key: text })).status).toBe(200);
    }
  });
});

describe('every change', () => {
  it('leaves a row in the audit log, and no secret in it', async () => {
    const { api_key, key_id } = (
      await call('POST', '/api/v1/apikeys', { key: acmeAdmin, body: { name: 'X', scope: 'query' } })
    ).body;
    await call('DELETE', `/api/v1/apikeys/${key_id}`, { key: acmeAdmin });
    expect((await call('DELETE', `/api/v1/apikeys/${api_key}`, { key: acmeAdmin })).status).toBe(404);
    await call('PATCH', '/api/v1/organizations/acme-corp', { body: { plan: 'pro' } });
    await call('DELETE', '/api/v1/organizations/acme-corp');
    const rows = await api.sql<{ action: string; result: string }[]>`
      SELECT action, result, to_jsonb(audit_log)::text AS text FROM audit_log ORDER BY id DESC LIMIT 5`;
    expect(rows.map(({ action, result }) => [action, result])).toEqual([
      ['tenant.delete', 'ok'],
      ['tenant.change', 'ok'],
      ['key.revoke', 'refused'],
      ['key.revoke', 'ok'],
      ['key.create', 'ok'],
    ]);
    expect(JSON.stringify(rows)).not.toContain(api_key.slice(20));
  });
});
