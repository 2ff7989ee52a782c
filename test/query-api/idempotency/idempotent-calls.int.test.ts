import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { routesOf } from '../../../platform/http/routes.ts';
import { IDEMPOTENCY_LIMITS } from '../../../schemas/api/idempotency.ts';
import { insertKey, insertTenant } from '../../support/control-data.ts';
import { startQueryApi, type TestQueryApi } from '../../support/query-api-app.ts';
import { questionRoutes } from '../../support/question-routes.ts';

let api: TestQueryApi;
let operator: string;
let acme: string;
let globex: string;

beforeAll(async () => {
  api = await startQueryApi();
  operator = (await insertKey(api.sql, { permissions: ['ingest', 'query', 'admin', 'platform'] })).text;
  const tenants = [await insertTenant(api.sql, 'ACME'), await insertTenant(api.sql, 'GLOBEX')];
  const [first, second] = await Promise.all(
    tenants.map((tenant) => insertKey(api.sql, { permissions: ['query', 'admin'], tenants: [tenant] })),
  );
  acme = first?.text ?? '';
  globex = second?.text ?? '';
});
afterAll(() => api.close());

interface Asked {
  key?: string;
  method?: 'POST' | 'PUT' | 'DELETE' | 'GET';
  body?: object;
  idempotencyKey?: string;
}

async function ask(url: string, { key = acme, method = 'POST', body, idempotencyKey }: Asked) {
  const response = await api.app.inject({
    method,
    url,
    headers: { 'x-api-key': key, ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }) },
    ...(body === undefined ? {} : { payload: body }),
  });
  const { statusCode: status, headers } = response;
  return { status, replayed: headers['idempotent-replayed'], text: response.body, body: response.json() };
}

const newKey = { name: 'Once', scope: 'Query' };
const rowsOf = (action: string) => api.sql`SELECT result, code FROM audit_log WHERE action = ${action} ORDER BY id`;

describe('a mutating call with an Idempotency-Key', () => {
  it('happens once: its repeat gets the very same answer, and one row stands in the audit log', async () => {
    const first = await ask('/api/v1/keys', { body: newKey, idempotencyKey: 'create-1' });
    const second = await ask('/v1/keys', { body: { scope: 'Query', name: 'Once' }, idempotencyKey: 'create-1' });
    expect([first.status, first.replayed, second.status, second.replayed]).toEqual([201, undefined, 201, 'true']);
    expect(second.text).toBe(first.text);
    expect(await api.sql`SELECT 1 FROM api_keys WHERE name = 'Once'`).toHaveLength(1);
    expect(await rowsOf('key.create')).toEqual([{ result: 'ok', code: null }]);
  });

  it('is refused with 422 for another body, in the words of the family', async () => {
    const other = await ask('/api/v1/keys', { body: { ...newKey, name: 'Other' }, idempotencyKey: 'create-1' });
    expect(other.status).toBe(422);
    expect(other.body).toEqual({
      error: {
        code: 'idempotency_key_reused',
        message: 'The Idempotency-Key was used for another request. Please choose a new one.',
      },
    });
    expect(await rowsOf('key.create')).toContainEqual({ result: 'refused', code: 'idempotency_key_reused' });
  });

  it('has its key for itself: another credential and another route may use the same', async () => {
    const shared = { idempotencyKey: 'create-1' };
    const foreign = await ask('/api/v1/keys', { key: globex, body: newKey, ...shared });
    expect([foreign.status, foreign.replayed]).toEqual([201, undefined]);
    const elsewhere = await ask('/api/v1/capabilities', { body: { code: 'P2P', name: 'P2P' }, ...shared });
    expect([elsewhere.status, elsewhere.replayed]).toEqual([201, undefined]);
  });

  it('that was refused is refused in the same words again, also when it would be allowed by now', async () => {
    const metric = { method: 'PUT' as const, body: { unit: 'hours' }, idempotencyKey: 'put-1' };
    const first = await ask('/api/v1/metrics/met_LATER_CycleTime', metric);
    await ask('/api/v1/capabilities', { body: { code: 'LATER', name: 'Later' } });
    const second = await ask('/api/v1/metrics/met_LATER_CycleTime', metric);
    expect([first.status, second.status, second.replayed]).toEqual([404, 404, 'true']);
    expect(second.text).toBe(first.text);
  });

  it('happens once however many come at the same time', async () => {
    const all = await Promise.all(
      Array.from({ length: 10 }, () =>
        ask('/api/v1/keys', { body: { ...newKey, name: 'Race' }, idempotencyKey: 'race' }),
      ),
    );
    expect(await api.sql`SELECT 1 FROM api_keys WHERE name = 'Race'`).toHaveLength(1);
    const [made] = all.filter(({ status }) => status === 201);
    for (const { status, text, body } of all) {
      if (status === 201) expect(text).toBe(made?.text);
      else expect([status, body.error.code, body.error.retryAfter]).toEqual([409, 'request_in_progress', 1]);
    }
  });

  it.each(['', 'a b', 'ü', 'x'.repeat(IDEMPOTENCY_LIMITS.keyLength + 1)])(
    'refuses %j as a key',
    async (idempotencyKey) => {
      const { status, body } = await ask('/api/v1/keys', { body: newKey, idempotencyKey });
      expect([status, body.error.details?.[0]?.field]).toEqual([400, 'idempotency-key']);
    },
  );

  it('says nothing on calls that change nothing', async () => {
    const list = { method: 'GET' as const, idempotencyKey: 'create-1' };
    expect(await ask('/api/v1/keys', list)).toMatchObject({ status: 200, replayed: undefined });
  });
});

describe('the audit log', () => {
  it('has a row for a refused call, committed before its answer, and none for a stranger', async () => {
    await ask('/api/v1/organizations', { body: { code: 'NEW', name: 'New' } });
    await ask('/api/v1/organizations', { key: operator, body: { code: '!', name: 'New' } });
    await ask('/api/v1/organizations', { key: 'mk_live_nonsense', body: { code: 'NEW', name: 'New' } });
    expect(await rowsOf('tenant.create')).toEqual([
      { result: 'refused', code: 'forbidden' },
      { result: 'refused', code: 'validation_error' },
    ]);
  });

  it('has a name for every mutating route', () => {
    const unnamed = routesOf(api.app as never)
      .filter(
        ({ methods, config }) =>
          config.permission !== 'forwarded' && methods.some((method) => !/^(GET|HEAD|OPTIONS)$/.test(method)),
      )
      .filter(({ config }) => !/^[a-z-]+\.[a-z-]+$/.test(config.action ?? ''))
      .filter(({ url }) => !questionRoutes.includes(url.replace(/\/$/, '')));
    expect(unnamed.map(({ methods, url }) => `${methods} ${url}`)).toEqual([]);
  });
});
