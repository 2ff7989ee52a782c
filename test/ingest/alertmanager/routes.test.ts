import { describe, expect, it } from 'vitest';
import { ALERTS_PER_RECORD } from '../../../ingest/alertmanager/store-alerts.ts';
import { unavailable } from '../../../platform/errors.ts';
import { type LogStore, LogUnavailableError } from '../../../platform/log-store/log-store.ts';
import { createMemoryLog } from '../../../platform/log-store/memory.ts';
import { createInMemoryDirectory, createTenant } from '../../support/in-memory-directory.ts';
import { INGEST_KEY, NOW, QUERY_KEY } from '../../support/ingest-app.ts';
import { startTestWebhook } from '../../support/webhook-app.ts';

const alert = {
  status: 'firing',
  labels: { alertname: 'HighCPU', service_id: 'payment-api', severity: 'critical' },
  annotations: {},
  startsAt: '2026-03-18T10:30:00Z',
  endsAt: '0001-01-01T00:00:00Z',
};
const notification = { alerts: [alert], groupLabels: { alertname: 'HighCPU' }, commonLabels: {} };
const bearer = (credential: string) => ({ headers: { authorization: `Bearer ${credential}` } });
const ofTenant = (reference: string) => `/t/${reference}/api/v1/alerts/webhook`;
const token = 'a-token-of-the-operator';

it('an alert is answered with its anomaly when the log has it', async () => {
  const webhook = await startTestWebhook();
  const { status, body } = await webhook.post(notification);
  const [batch] = await webhook.stored();
  const id = batch?.alerts[0]?.id;
  expect(id).toMatch(/^anom-[0-9a-f]{24}$/);
  expect([status, body]).toEqual([
    200,
    { status: 'ok', rca_triggered: false, anomaly_id: id, anomaly_ids: [id], ignored: 0 },
  ]);
  expect(batch).toMatchObject({ tenant: 'org_gamma', receivedAt: NOW, retentionDays: 365, isRepeatable: false });
});

it('a repeat has the same anomaly', async () => {
  const webhook = await startTestWebhook();
  const first = await webhook.post(notification);
  webhook.clock.now += 60_000;
  expect((await webhook.post(notification)).body).toEqual(first.body);
});

it('a notification without alerts is answered and not stored', async () => {
  const webhook = await startTestWebhook();
  expect((await webhook.post({})).body).toMatchObject({ status: 'ok', anomaly_id: null, anomaly_ids: [] });
  expect(await webhook.stored()).toEqual([]);
});

it('many alerts make several records, all of them stored before the answer', async () => {
  const webhook = await startTestWebhook();
  const alerts = Array.from({ length: ALERTS_PER_RECORD + 1 }, (_, n) => ({ ...alert, labels: { n: String(n) } }));
  expect((await webhook.post({ alerts })).body.anomaly_ids).toHaveLength(alerts.length);
  const stored = await webhook.stored();
  expect(stored.map((batch) => batch.alerts.length)).toEqual([ALERTS_PER_RECORD, 1]);
});

it('an alert about a service in maintenance is stored with the window that mutes it, and counted so', async () => {
  const window = { id: '812', services: new Set(['payment-api']), from: NOW - 1_000, to: NOW + 1_000 };
  const directory = createInMemoryDirectory({
    tenants: [createTenant({ code: 'GAMMA' })],
    mutingWindows: { org_gamma: [window] },
  });
  const webhook = await startTestWebhook({ directory });
  await webhook.post(notification);
  webhook.clock.now = window.to;
  await webhook.post(notification);
  const stored = await webhook.stored();
  expect(stored.map(({ alerts: [first] }) => first?.mutedBy)).toEqual(['812', '']);
  const shown = await webhook.metrics.registry.metrics();
  expect(shown).toMatch(/tidemark_alerts_accepted_total\{status="firing",muted="yes"\} 1/);
  expect(shown).toMatch(/tidemark_alerts_accepted_total\{status="firing",muted="no"\} 1/);
});

describe('a sender is told to repeat', () => {
  it('when the log cannot store', async () => {
    const logStore: LogStore = {
      ...createMemoryLog(),
      append: async () => {
        throw new LogUnavailableError('no leader');
      },
    };
    const { post } = await startTestWebhook({ logStore });
    const { status, body } = await post(notification);
    expect([status, body.error.code]).toEqual([503, 'unavailable']);
  });

  it('when it is not known which windows mute', async () => {
    const directory = createInMemoryDirectory({ tenants: [createTenant({ code: 'GAMMA' })] });
    directory.mutingWindows = async () => {
      throw unavailable('away');
    };
    const webhook = await startTestWebhook({ directory });
    expect((await webhook.post(notification)).status).toBe(503);
    expect(await webhook.stored()).toEqual([]);
  });

  it('when the configured organization does not exist, and when there is none', async () => {
    const unknown = await startTestWebhook({ config: { webhookTenant: 'NOBODY' } });
    expect((await unknown.post(notification)).status).toBe(503);
    const none = await startTestWebhook({ withDefaultOrganization: false });
    expect((await none.post(notification)).status).toBe(503);
  });
});

it('only what is no JSON is refused', async () => {
  const { post } = await startTestWebhook();
  expect((await post('{"alerts":[')).status).toBe(400);
  expect((await post('')).status).toBe(400);
  for (const body of [[], 7, 'null', { alerts: [{ startsAt: 'never', labels: [1] }] }])
    expect((await post(body)).status).toBe(200);
});

it('no number of posts is too many', async () => {
  const { post } = await startTestWebhook();
  const statuses = [];
  for (let n = 0; n < 20; n++) statuses.push((await post(notification, bearer(INGEST_KEY))).status);
  expect(new Set(statuses)).toEqual(new Set([403]));
  const own = await startTestWebhook();
  for (let n = 0; n < 20; n++) expect((await own.post(notification)).status).toBe(200);
});

describe('the tenant', () => {
  const tenants = async (webhook: Awaited<ReturnType<typeof startTestWebhook>>) =>
    (await webhook.stored()).map(({ tenant }) => tenant).sort();

  it('is that of the key, which may ingest and be active', async () => {
    const directory = createInMemoryDirectory({
      tenants: [createTenant({ code: 'ACME' }), createTenant({ code: 'DELTA', status: 'suspended' })],
      keys: {
        one: { permissions: ['ingest'], tenants: ['org_acme'] },
        reader: { permissions: ['query'], tenants: ['org_acme'] },
        suspended: { permissions: ['ingest'], tenants: ['org_delta'] },
      },
    });
    const webhook = await startTestWebhook({ directory, config: { webhookTenant: 'DELTA' } });
    const from = '203.0.113.9';
    const statuses = [];
    for (const key of ['one', 'reader', 'suspended', 'unknown'])
      statuses.push((await webhook.post(notification, { ...bearer(key), from })).status);
    expect(statuses).toEqual([200, 403, 403, 401]);
    expect(await tenants(webhook)).toEqual(['org_acme']);
  });

  it('is the one the path names, if the key may touch it', async () => {
    const webhook = await startTestWebhook();
    const statuses = [];
    for (const reference of ['BETA', 'org_acme', 'GAMMA', 'NOBODY'])
      statuses.push((await webhook.post(notification, { ...bearer(INGEST_KEY), path: ofTenant(reference) })).status);
    expect(statuses).toEqual([200, 200, 403, 403]);
    expect(await tenants(webhook)).toEqual(['org_acme', 'org_beta']);
  });

  it('is the configured one for a key of several, else the sender must name it', async () => {
    const webhook = await startTestWebhook({ config: { webhookTenant: 'BETA' } });
    expect((await webhook.post(notification, bearer(INGEST_KEY))).status).toBe(200);
    expect(await tenants(webhook)).toEqual(['org_beta']);
    const other = await startTestWebhook();
    expect((await other.post(notification, bearer(INGEST_KEY))).status).toBe(403);
    expect((await other.post(notification, bearer(QUERY_KEY))).status).toBe(403);
  });

  it('is the one the path names, or the configured one, for those with the token', async () => {
    const webhook = await startTestWebhook({ config: { webhookToken: token, webhookTenant: 'acme' } });
    const statuses = [];
    for (const path of [ofTenant('beta'), '/api/v1/alerts/webhook', ofTenant('nobody'), ofTenant('delta')])
      statuses.push((await webhook.post(notification, { ...bearer(token), path, from: '203.0.113.9' })).status);
    expect(statuses).toEqual([200, 200, 403, 403]);
    expect(await tenants(webhook)).toEqual(['org_acme', 'org_beta']);
  });

  it('is not named by a path without a credential', async () => {
    const { post } = await startTestWebhook();
    expect((await post(notification, { path: ofTenant('ACME') })).status).toBe(401);
  });
});

describe('without a credential', () => {
  const statusOf = async (config: Parameters<typeof startTestWebhook>[0], how: object) =>
    (await (await startTestWebhook(config)).post(notification, how)).status;

  it.each([
    ['127.0.0.1', 200],
    ['127.8.8.8', 200],
    ['::1', 200],
    ['::ffff:127.0.0.1', 200],
    ['10.0.0.1', 401],
    ['2001:db8::1', 401],
  ])('from %s: %i', async (from, status) => {
    expect(await statusOf({}, { from })).toBe(status);
  });

  it.each(['x-forwarded-for', 'forwarded', 'via', 'x-real-ip'])(
    'a proxy on this host (%s) is no sender',
    async (name) => {
      expect(await statusOf({}, { headers: { [name]: '127.0.0.1' } })).toBe(401);
    },
  );

  it('configured networks may post instead of this host, whatever headers say', async () => {
    const config = { webhookCidrs: ['10.1.0.0/16', '2001:db8::/32'] };
    const forged = { headers: { 'x-forwarded-for': '10.1.2.3' }, from: '10.2.0.1' };
    expect(await statusOf({ config }, { from: '10.1.255.1' })).toBe(200);
    expect(await statusOf({ config }, { from: '::ffff:10.1.255.1' })).toBe(200);
    expect(await statusOf({ config }, { from: '2001:db8:1::1' })).toBe(200);
    expect(await statusOf({ config }, { from: '127.0.0.1' })).toBe(401);
    expect(await statusOf({ config }, forged)).toBe(401);
  });

  it('nobody posts where a token is asked for, and the token is good from the configured networks only', async () => {
    expect(await statusOf({ config: { webhookToken: token } }, {})).toBe(401);
    const config = { webhookToken: token, webhookCidrs: ['10.1.0.0/16'] };
    expect(await statusOf({ config }, { from: '10.1.0.1' })).toBe(401);
    expect(await statusOf({ config }, { ...bearer(token), from: '10.1.0.1' })).toBe(200);
    expect(await statusOf({ config }, { ...bearer(token), from: '10.2.0.1' })).toBe(403);
    expect(await statusOf({ config }, { ...bearer(`${token}x`), from: '10.1.0.1' })).toBe(401);
  });

  it('over plain HTTP from elsewhere it is refused where HTTPS is required', async () => {
    const config = { webhookCidrs: ['10.1.0.0/16'], requireHttps: true };
    expect(await statusOf({ config }, { from: '10.1.0.1' })).toBe(403);
    expect(await statusOf({ config }, { from: '10.1.0.1', headers: { 'x-forwarded-proto': 'https' } })).toBe(200);
  });
});

describe('behind the API port', () => {
  it('the address counts that the API tier has seen, not the one it connects from', async () => {
    const { post, seals } = await startTestWebhook({ port: 'ingest' });
    const sealed = (address: string, isProxied: boolean, id: string) => ({
      headers: {
        'x-request-id': 'req_1',
        'x-forwarded-for': address,
        'x-tidemark-peer': seals.seal({ address, isProxied }, id),
      },
    });
    expect((await post(notification, sealed('127.0.0.1', false, 'req_1'))).status).toBe(200);
    expect((await post(notification, sealed('127.0.0.1', true, 'req_1'))).status).toBe(401);
    expect((await post(notification, sealed('203.0.113.9', false, 'req_1'))).status).toBe(401);
    expect((await post(notification, sealed('127.0.0.1', false, 'req_2'))).status).toBe(401);
  });
});
