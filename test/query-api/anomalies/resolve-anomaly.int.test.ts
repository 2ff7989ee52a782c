import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnomalyDetails, AnomalyList } from '../../../schemas/api/anomalies.ts';
import type { Status } from '../../../schemas/api/status.ts';
import { ANALYTICS_GROUP } from '../../../schemas/topics.ts';
import { insertKey, insertTenant } from '../../support/control-data.ts';
import { startQueryApi, type TestQueryApi } from '../../support/query-api-app.ts';

const now = Date.UTC(2026, 2, 19, 12);
const detectedAt = now - 600_000;
let api: TestQueryApi;
let own: string;
let foreign: string;
let reader: string;

const instant = (at: number): string => new Date(at).toISOString().slice(0, -1);

/** A row as the processor would store it. */
const rowOf = (tenant: string, id: string) => ({
  ...{
    tenant,
    id,
    kind: 'statistical',
    subject_kind: 'service',
    subject: 'checkout',
    metric: 'latency',
    status: 'open',
  },
  ...{ reason: '', direction: 'above', evidence: 'season', is_provisional: false, starts_at: instant(detectedAt) },
  ...{
    ends_at: instant(0),
    detected_at: instant(detectedAt),
    at: instant(detectedAt),
    value: 4,
    expected: 1,
    low: 0,
    high: 2,
  },
  ...{
    z_score: 9,
    anomaly_score: 0.99,
    probability: 1e-5,
    points: 2_880,
    baseline_from: instant(0),
    baseline_to: instant(1),
  },
  ...{ muted_by: '', revision: 1, expires_at: 4_000_000_000, log_partition: 0 },
});

beforeAll(async () => {
  api = await startQueryApi(() => now);
  const [acme, globex] = [await insertTenant(api.sql, 'ACME'), await insertTenant(api.sql, 'GLOBEX')];
  const keyOf = async (tenant: string, permissions: string[]) =>
    (await insertKey(api.sql, { permissions: permissions as never, tenants: [tenant] })).text;
  own = await keyOf(acme, ['query', 'incidents']);
  foreign = await keyOf(globex, ['query', 'incidents']);
  reader = await keyOf(acme, ['query']);
  const rows = [rowOf(acme, 'anom-own'), rowOf(acme, 'anom-other'), rowOf(globex, 'anom-foreign')];
  await api.analytics.command(
    `INSERT INTO anomalies FORMAT JSONEachRow\n${rows.map((row) => JSON.stringify(row)).join('\n')}`,
  );
});
afterAll(() => api?.close());

async function ask<T>(method: 'GET' | 'POST', url: string, { key = own, body }: { key?: string; body?: object } = {}) {
  const headers = { 'x-api-key': key };
  const response = await api.app.inject({ method, url, headers, ...(body === undefined ? {} : { payload: body }) });
  return { status: response.statusCode, body: response.json() as T };
}

describe('POST /api/v1/anomalies/{id}/resolve', () => {
  it('resolves what goes on, once and for everybody who reads it, and the audit log says who did', async () => {
    const first = await ask<AnomalyDetails>('POST', '/api/v1/anomalies/anom-own/resolve', {
      body: { note: 'restarted' },
    });
    expect(first).toMatchObject({
      status: 200,
      body: {
        resolved: true,
        resolved_reason: 'manual',
        ends_at: '2026-03-19T12:00:00Z',
        resolution: { note: 'restarted' },
      },
    });
    const again = await ask<AnomalyDetails>('POST', '/api/v1/anomalies/anom-own/resolve', { body: { note: 'again' } });
    expect(again).toEqual(first);
    expect((await ask('GET', '/api/v1/anomalies/anom-own')).body).toEqual(first.body);
    const listed = (await ask<AnomalyList>('GET', '/api/v1/anomalies')).body.anomalies;
    expect(listed.map(({ anomaly_id: id, resolved }) => [id, resolved])).toEqual([
      ['anom-own', true],
      ['anom-other', false],
    ]);
    expect(await api.sql`SELECT object_id, result FROM audit_log WHERE action = 'anomaly.resolve'`).toEqual([
      { object_id: 'anom-own', result: 'ok' },
      { object_id: 'anom-own', result: 'ok' },
    ]);
  });

  it.each([
    ['true', ['anom-own']],
    ['false', ['anom-other']],
  ])('counts for ?resolved=%s', async (resolved, ids) => {
    const { body } = await ask<AnomalyList>('GET', `/api/v1/anomalies?resolved=${resolved}`);
    expect([body.anomalies.map(({ anomaly_id: id }) => id), body.total]).toEqual([ids, 1]);
  });

  it('answers that of another organization like a missing one', async () => {
    const there = await ask('POST', '/api/v1/anomalies/anom-foreign/resolve', { body: {} });
    const nowhere = await ask('POST', '/api/v1/anomalies/anom-none/resolve', { body: {} });
    expect(there).toEqual(nowhere);
    expect(there.status).toBe(404);
    const { body } = await ask<AnomalyList>('GET', '/api/v1/anomalies', { key: foreign });
    expect(body.anomalies.map(({ resolved }) => resolved)).toEqual([false]);
  });

  it('is for those who look after incidents', async () => {
    const refused = await ask('POST', '/api/v1/anomalies/anom-own/resolve', { key: reader, body: {} });
    expect(refused.status).toBe(403);
    const stranger = await ask('POST', '/api/v1/anomalies/anom-own/resolve', { key: 'nobody', body: {} });
    expect(stranger.status).toBe(401);
  });

  it('refuses a note that is too long, in the envelope of the family', async () => {
    const { status, body } = await ask<{ error: object }>('POST', '/api/v1/anomalies/anom-own/resolve', {
      body: { note: 'x'.repeat(1_001) },
    });
    expect([status, Object.keys(body.error).sort()]).toEqual([400, ['code', 'message']]);
  });
});

describe('GET /api/v1/status', () => {
  const watchdog = async () => (await ask<Status>('GET', '/api/v1/status')).body;
  const saveAt = (at: number) => api.sql`
    INSERT INTO processor_snapshots (consumer_group, topic, partition, lineage, epoch, log_offset, saved_at)
    VALUES (${ANALYTICS_GROUP}, 'events', 0, 'test', 1, 1, ${new Date(at)})
    ON CONFLICT (consumer_group, topic, partition) DO UPDATE SET saved_at = excluded.saved_at`;

  it('tells by the snapshots whether the series are watched', async () => {
    expect(await watchdog()).toMatchObject({
      status: 'degraded',
      components: { watchdog: 'not_started' },
      watchdog: { last_run: null },
    });
    await saveAt(now - 301_000);
    expect(await watchdog()).toMatchObject({ status: 'degraded', components: { watchdog: 'stalled' } });
    await saveAt(now - 60_000);
    expect(await watchdog()).toMatchObject({
      status: 'ok',
      components: { watchdog: 'running' },
      watchdog: { last_run: '2026-03-19T11:59:00Z', anomalies_last_hour: 2 },
    });
  });
});
