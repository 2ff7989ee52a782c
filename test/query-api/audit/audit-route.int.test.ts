import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AUDIT_LIMITS, type AuditEntry } from '../../../schemas/api/audit.ts';
import { insertKey, insertTenant } from '../../support/control-data.ts';
import { startQueryApi, type TestQueryApi } from '../../support/query-api-app.ts';

const at = Date.UTC(2026, 2, 18, 12);
let api: TestQueryApi;
let operator: { id: string; text: string };
let acmeAdmin: { id: string; text: string };
let globexAdmin: { id: string; text: string };
let acme: string;

async function list(query: Record<string, string> = {}, key = operator.text) {
  const response = await api.app.inject({ url: '/api/v1/audit', query, headers: { 'x-api-key': key } });
  return { status: response.statusCode, body: response.json() };
}
const rows = async (query: Record<string, string> = {}, key = operator.text) =>
  (await list(query, key)).body.data as AuditEntry[];
const post = (url: string, key: string, payload: object) =>
  api.app.inject({ method: 'POST', url, headers: { 'x-api-key': key, 'x-request-id': 'req-of-test' }, payload });

beforeAll(async () => {
  api = await startQueryApi(() => at);
  operator = await insertKey(api.sql, { permissions: ['query', 'admin', 'platform'] });
  acme = await insertTenant(api.sql, 'ACME');
  acmeAdmin = await insertKey(api.sql, { permissions: ['query', 'admin'], tenants: [acme] });
  globexAdmin = await insertKey(api.sql, { permissions: ['admin'], tenants: [await insertTenant(api.sql, 'GLOBEX')] });
  for (let index = 0; index < 7; index++)
    await post('/api/v1/capabilities', acmeAdmin.text, { code: `C${index}`, name: 'One' });
  await post('/api/v1/capabilities', acmeAdmin.text, { code: 'C0', name: 'Again' });
  await post('/api/v1/capabilities', globexAdmin.text, { code: 'G', name: 'Globex' });
  await post('/api/v1/organizations', operator.text, { code: 'NEW', name: 'New' });
});
afterAll(() => api.close());

describe('GET /api/v1/audit', () => {
  it('shows who did what to which object, newest first', async () => {
    const [refused, created] = await rows({ orgCode: 'ACME' });
    expect(refused).toMatchObject({ action: 'capability.create', objectId: 'C0', result: 'refused', code: 'conflict' });
    expect(created).toEqual({
      chain: acme,
      seq: 7,
      at: new Date(at).toISOString(),
      tenantId: acme,
      credentialId: acmeAdmin.id,
      userId: null,
      action: 'capability.create',
      objectType: 'capability',
      objectId: 'C6',
      requestId: 'req-of-test',
      result: 'ok',
      code: null,
      beforeHash: null,
      afterHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      previousHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      hash: refused?.previousHash,
    });
  });

  it('shows admins the rows of their organizations, and the platform all', async () => {
    expect(new Set((await rows({}, acmeAdmin.text)).map(({ tenantId }) => tenantId))).toEqual(new Set([acme]));
    expect((await rows({}, globexAdmin.text)).map(({ objectId }) => objectId)).toEqual(['G']);
    expect(await rows()).toHaveLength(10);
    const foreign = await list({ orgCode: 'GLOBEX' }, acmeAdmin.text);
    expect(foreign).toEqual(await list({ orgCode: 'NOBODY' }, acmeAdmin.text));
    expect(foreign.status).toBe(404);
  });

  it('filters by time, actor, action, object and result', async () => {
    expect(await rows({ actor: globexAdmin.id })).toHaveLength(1);
    expect(await rows({ action: 'tenant.create' })).toHaveLength(1);
    expect(await rows({ object: 'C0' })).toHaveLength(2);
    expect(await rows({ object: 'C0', result: 'refused' })).toHaveLength(1);
    expect(await rows({ from: '2026-03-18', to: '2026-03-18' })).toHaveLength(10);
    expect(await rows({ from: '2026-03-18T12:00:00.001Z' })).toHaveLength(0);
    expect(await rows({ to: '2026-03-18T12:00:00Z' })).toHaveLength(0);
    expect((await list({ from: 'yesterday' })).status).toBe(400);
    expect((await list({ limit: String(AUDIT_LIMITS.pageSize + 1) })).status).toBe(400);
    expect((await list({ object: 'x'.repeat(AUDIT_LIMITS.filterLength + 1) })).status).toBe(400);
  });

  it('goes on where a page ended, whatever was written meanwhile, and only for the same list', async () => {
    const query = { orgCode: 'ACME', limit: '3' };
    const seen: number[] = [];
    let pageToken: string | null = null;
    do {
      const page = await list({ ...query, ...(pageToken === null ? {} : { pageToken }) }, acmeAdmin.text);
      seen.push(...page.body.data.map(({ seq }: AuditEntry) => seq));
      pageToken = page.body.meta.nextPageToken;
      if (seen.length === 3) await post('/api/v1/capabilities', acmeAdmin.text, { code: 'C1', name: 'Meanwhile' });
    } while (pageToken !== null);
    expect(seen).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
    const token = (await list(query, acmeAdmin.text)).body.meta.nextPageToken;
    for (const [other, key] of [
      [{ ...query, result: 'ok' }, acmeAdmin.text],
      [query, operator.text],
      [{ orgCode: 'GLOBEX', limit: '3' }, globexAdmin.text],
    ] as const)
      expect((await list({ ...other, pageToken: token }, key)).body.error.details).toMatchObject([
        { field: 'pageToken' },
      ]);
  });

  it('is closed to those without a key, and to those who administer nothing', async () => {
    expect((await list({}, 'mk_live_nonsense')).status).toBe(401);
    const reader = await insertKey(api.sql, { permissions: ['query'], tenants: [acme] });
    expect(await list({}, reader.text)).toMatchObject({ status: 403, body: { error: { code: 'forbidden' } } });
  });
});
