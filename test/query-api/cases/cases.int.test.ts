import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LogStore } from '../../../platform/log-store/log-store.ts';
import { createClickHouseRows } from '../../../processors/analytics/row-store.ts';
import { type Analytics, startAnalytics } from '../../../processors/analytics/runner.ts';
import { cases } from '../../../processors/cases/cases.ts';
import { type SettingsRelay, startSettingsRelay } from '../../../processors/settings/relay.ts';
import { createPostgresSnapshots } from '../../../processors/snapshots/postgres-snapshots.ts';
import type { CaseDetails, CaseList } from '../../../schemas/api/cases.ts';
import { encodeControlRecord } from '../../../schemas/control/control-record-codec.ts';
import { encodeEventBatch } from '../../../schemas/events/event-batch-codec.ts';
import { TOPIC_SETTINGS, TOPICS } from '../../../schemas/topics.ts';
import { insertKey } from '../../support/control-data.ts';
import { silentLog } from '../../support/control-plane.ts';
import { createBatch, createEvent } from '../../support/event-batches.ts';
import { waitFor } from '../../support/processes.ts';
import { startQueryApi, type TestQueryApi } from '../../support/query-api-app.ts';

const minute = 60_000;
const hour = 60 * minute;
const now = Date.UTC(2026, 2, 19, 12);
const soonMs = 20_000;
let api: TestQueryApi;
let analytics: Analytics;
let relay: SettingsRelay;
let logStore: LogStore;
let operator: string;
let acmeAdmin: string;
let acmeQuery: string;
let globexAdmin: string;
const shards = new Map<string, { id: string; shard: number }>();

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what a client reads
  body: any;
}

async function call(method: Method, url: string, ...[key, body]: [key: string | null, body?: object]): Promise<Answer> {
  const headers = key === null ? {} : { 'x-api-key': key };
  const sent = body === undefined ? {} : { payload: body };
  const response = await api.app.inject({ method, url, headers, ...sent });
  return { status: response.statusCode, body: response.json() };
}

const list = async (query = '', key = acmeQuery): Promise<CaseList> =>
  (await call('GET', `/api/v1/cases${query}`, key)).body;
const idsOf = ({ data }: CaseList): string[] => data.map(({ correlationId }) => correlationId);

interface Sent {
  org?: string;
  id: string;
  capability?: string;
  /** Names, and how long before now. */
  steps: [name: string, hoursAgo: number][];
}

/** As ingest writes it: one record in the partition of the tenant. */
async function send({ org = 'ACME', id, capability = 'P2P', steps }: Sent): Promise<void> {
  const { id: tenant = '', shard = 0 } = shards.get(org) ?? {};
  const events = steps.map(([name, hoursAgo], index) =>
    createEvent(`evt_${org}_${capability}_${id}_${index}`, {
      ...{ capability, metric: 'Milestone', at: now - hoursAgo * hour, correlationId: id },
      dimensions: { milestone: name },
    }),
  );
  const batch = createBatch([], { tenant, events, receivedAt: now - Math.min(...steps.map(([, ago]) => ago)) * hour });
  await logStore.append(TOPICS.events, shard % TOPIC_SETTINGS[TOPICS.events].partitions, [encodeEventBatch(batch)]);
}

async function tick(at: number): Promise<void> {
  const value = encodeControlRecord({ at, tenant: '', settings: null });
  for (let partition = 0; partition < TOPIC_SETTINGS[TOPICS.events].partitions; partition++)
    await logStore.append(TOPICS.events, partition, [value]);
}

const flow = { endMilestones: ['Approved', 'Denied'], targetMs: 10 * hour, stuckAfterMs: 30 * hour };

beforeAll(async () => {
  api = await startQueryApi(() => now);
  logStore = api.broker.open();
  operator = (await insertKey(api.sql, { permissions: ['ingest', 'query', 'admin', 'platform'] })).text;
  for (const code of ['ACME', 'GLOBEX']) {
    await call('POST', '/api/v1/organizations', operator, { code, name: code, dataRetentionDays: 365 });
    for (const capability of ['P2P', 'CLAIMS'])
      await call('POST', '/api/v1/capabilities', operator, { orgCode: code, code: capability, name: capability });
  }
  const keyOf = async (orgCode: string, scope: string) =>
    (await call('POST', '/api/v1/keys', operator, { name: scope, scope, orgCode })).body.key as string;
  acmeAdmin = await keyOf('ACME', 'Admin');
  acmeQuery = await keyOf('ACME', 'Query');
  globexAdmin = await keyOf('GLOBEX', 'Admin');
  for (const row of await api.sql<{ code: string; id: string; shard: number }[]>`SELECT code, id, shard FROM tenants`)
    shards.set(row.code, row);
  relay = startSettingsRelay({ sql: api.sql, logStore, topics: [TOPICS.events], log: silentLog, now: () => now });
  analytics = await startAnalytics({
    ...{ logStore: api.broker.open(), snapshots: createPostgresSnapshots(api.sql), processors: [cases] },
    ...{ rows: createClickHouseRows(api.analytics), log: silentLog, maxWaitMs: 5 },
    limits: { snapshotMs: 50, flushMs: 10 },
  });
});

afterAll(async () => {
  await analytics?.stop();
  await relay?.stop();
  await logStore?.close();
  await api?.close();
});

describe('PUT, GET and DELETE /api/v1/capabilities/{code}/flow', () => {
  const path = '/api/v1/capabilities/CLAIMS/flow';
  const missing = { error: { code: 'not_found' } };

  it('keep what was defined, with defaults for the rest, and take it away', async () => {
    expect(await call('GET', path, acmeQuery)).toMatchObject({ status: 404, body: missing });
    const whole = {
      ...{ orgCode: 'ACME', capabilityCode: 'CLAIMS', endMilestones: ['Paid'], targetMs: null, stageTargetsMs: {} },
      ...{ deadlineDimension: null, stuckAfterMs: null, pausesInMaintenance: true },
    };
    const put = await call('PUT', path, acmeAdmin, { endMilestones: ['Paid', 'Paid'] });
    expect(put).toEqual({ status: 200, body: whole });
    const given = { endMilestones: [], targetMs: hour, deadlineDimension: 'due', stageTargetsMs: { Received: 5 } };
    await call('PUT', path, acmeAdmin, { ...given, stuckAfterMs: 7, pausesInMaintenance: false });
    expect((await call('GET', path, acmeQuery)).body).toEqual({
      ...{ ...whole, ...given },
      ...{ stuckAfterMs: 7, pausesInMaintenance: false },
    });
    expect((await call('GET', path, globexAdmin)).status).toBe(404);
    const gone = { orgCode: 'ACME', capabilityCode: 'CLAIMS' };
    expect((await call('DELETE', path, acmeAdmin)).body).toEqual({ ...gone, deleted: true });
    expect((await call('DELETE', path, acmeAdmin)).body).toEqual({ ...gone, deleted: false });
    expect(await call('GET', path, acmeQuery)).toMatchObject({ status: 404, body: missing });
    const rows = await api.sql`SELECT action, object_id, result FROM audit_log WHERE action LIKE 'flow.%' ORDER BY id`;
    expect(rows.map((row) => Object.values(row).join(' '))).toEqual([
      'flow.put CLAIMS ok',
      'flow.put CLAIMS ok',
      'flow.delete CLAIMS ok',
      'flow.delete CLAIMS ok',
    ]);
  });

  it.each([
    [{}, 'endMilestones'],
    [{ endMilestones: 'Paid' }, 'endMilestones'],
    [{ endMilestones: ['\u0000'] }, 'endMilestones[0]'],
    [{ endMilestones: Array.from({ length: 33 }, (_, index) => `M${index}`) }, 'endMilestones'],
    [{ endMilestones: [], targetMs: 0 }, 'targetMs'],
    [{ endMilestones: [], targetMs: 1.5 }, 'targetMs'],
    [{ endMilestones: [], stuckAfterMs: 4e12 }, 'stuckAfterMs'],
    [{ endMilestones: [], stageTargetsMs: { A: -1 } }, 'stageTargetsMs.A'],
  ])('refuse %j', async (body, field) => {
    const answer = await call('PUT', path, acmeAdmin, body);
    expect([answer.status, answer.body.error.details[0].field]).toEqual([400, field]);
  });

  it('are for whoever may, about what is there', async () => {
    expect((await call('PUT', path, null, flow)).status).toBe(401);
    expect((await call('PUT', path, acmeQuery, flow)).status).toBe(403);
    expect((await call('DELETE', path, acmeQuery)).status).toBe(403);
    expect((await call('PUT', '/api/v1/capabilities/NONE/flow', acmeAdmin, flow)).status).toBe(404);
    expect((await call('PUT', path, acmeAdmin, { ...flow, orgCode: 'GLOBEX' })).status).toBe(403);
    expect((await call('GET', `${path}?orgCode=GLOBEX`, acmeQuery)).status).toBe(404);
    expect((await call('GET', path, operator)).status).toBe(400);
  });
});

describe('GET /api/v1/cases', () => {
  beforeAll(async () => {
    for (const orgCode of ['ACME', 'GLOBEX'])
      expect((await call('PUT', '/api/v1/capabilities/P2P/flow', operator, { ...flow, orgCode })).status).toBe(200);
    const told = async () => (await api.sql`SELECT 1 FROM settings_changes WHERE told < revision`).length === 0;
    await waitFor(told, soonMs);
    // In the order of time, as they come: what is more than an hour behind would be late.
    await send({ id: 'stuck', steps: [['Received', 40]] });
    await send({ id: 'late', steps: [['Received', 32]] });
    await send({ id: 'late', steps: [['Approved', 21]] });
    await send({ id: 'breached', steps: [['Received', 11]] });
    await send({ id: 'at-risk', steps: [['Received', 9]] });
    await send({ id: 'at-risk', steps: [['Reviewed', 8]] });
    await send({ id: 'done', steps: [['Received', 5]] });
    await send({ id: 'done', steps: [['Denied', 3]] });
    await send({ id: 'done', steps: [['Archived', 2.5]] });
    await send({ id: 'both', steps: [['Received', 2]] });
    await send({ id: 'both', capability: 'CLAIMS', steps: [['Received', 1]] });
    await send({ org: 'GLOBEX', id: 'foreign', steps: [['Received', 1]] });
    await send({ org: 'GLOBEX', id: 'done', steps: [['Received', 1]] });
    await tick(now);
    const isJudged = async () => (await list('?risk=at_risk')).data.length === 1;
    await waitFor(isJudged, soonMs);
  });

  it('lists each case once, the oldest first, as it stands', async () => {
    const { data, meta } = await list();
    expect(data.map(({ capabilityCode, correlationId }) => `${capabilityCode} ${correlationId}`)).toEqual([
      ...['P2P stuck', 'P2P late', 'P2P breached', 'P2P at-risk', 'P2P done', 'P2P both', 'CLAIMS both'],
    ]);
    expect(meta).toEqual({
      asOf: '2026-03-19T12:00:00Z',
      nextCursor: null,
      counts: { open: 5, closed: 2, abandoned: 0, atRisk: 1, breached: 2, stuck: 1, closedLate: 1 },
    });
    expect(data[3]).toEqual({
      ...{ orgCode: 'ACME', capabilityCode: 'P2P', correlationId: 'at-risk' },
      ...{ status: 'open', risk: 'at_risk', stuck: false, stage: 'Reviewed', lastMilestone: 'Reviewed' },
      ...{ openedAt: '2026-03-19T03:00:00Z', lastMilestoneAt: '2026-03-19T04:00:00Z', closedAt: null },
      ...{ ageMs: 9 * hour, stageAgeMs: 8 * hour, activeMs: null, targetMs: 10 * hour },
      ...{ dueAt: '2026-03-19T13:00:00Z', stageDueAt: null, milestoneCount: 2 },
    });
    expect(data[1]).toMatchObject({
      ...{ status: 'closed', risk: 'breached', stage: null, lastMilestone: 'Approved', ageMs: 11 * hour },
      ...{ closedAt: '2026-03-18T15:00:00Z', activeMs: 11 * hour, stageAgeMs: null },
    });
  });

  it.each([
    ['?status=closed', ['late', 'done']],
    ['?status=open&risk=breached', ['stuck', 'breached']],
    ['?risk=breached', ['stuck', 'late', 'breached']],
    ['?risk=stuck', ['stuck']],
    ['?risk=none&capability=P2P', ['done', 'both']],
    ['?capabilityCode=CLAIMS', ['both']],
    ['?stage=Reviewed', ['at-risk']],
    ['?stage=Approved', []],
    ['?from=2026-03-19T07:00:00Z&to=2026-03-19T10:00:00Z', ['done']],
    ['?to=2026-03-17', ['stuck']],
    ['?to=2026-03-16', []],
    ['?sort=newest', ['both', 'both', 'done', 'at-risk', 'breached', 'late', 'stuck']],
    ['?sort=due&status=open', ['stuck', 'breached', 'at-risk', 'both', 'both']],
  ])('%s selects %j', async (query, ids) => {
    expect(idsOf(await list(query))).toEqual(ids);
  });

  it.each(['age', 'due', 'newest'])('pages through all of them by %s', async (sort) => {
    const whole = (await list(`?sort=${sort}`)).data;
    const seen: unknown[] = [];
    for (let query: string | undefined = ''; query !== undefined; ) {
      const page: CaseList = await list(`?sort=${sort}&limit=3${query}`);
      seen.push(...page.data);
      query = page.meta.nextCursor === null ? undefined : `&cursor=${page.meta.nextCursor}`;
    }
    expect(seen).toEqual(whole);
  });

  it('takes a cursor for its own list only, and refuses what it does not know', async () => {
    const cursor = (await list('?limit=1')).meta.nextCursor;
    for (const query of [
      `status=open&cursor=${cursor}`,
      `sort=due&cursor=${cursor}`,
      `cursor=${cursor}x`,
      'status=gone',
      'risk=high',
      'sort=random',
      'limit=0',
      'from=yesterday',
      'capability=P2P&capabilityCode=CLAIMS',
    ])
      expect((await call('GET', `/api/v1/cases?${query}`, acmeQuery)).status, query).toBe(400);
    expect((await call('GET', `/api/v1/cases?cursor=${cursor}`, globexAdmin)).status).toBe(400);
  });

  it('shows each credential its own tenants only', async () => {
    expect(idsOf(await list('', globexAdmin)).sort()).toEqual(['done', 'foreign']);
    expect((await list('', operator)).data).toHaveLength(9);
    expect((await call('GET', '/api/v1/cases?orgCode=GLOBEX', acmeQuery)).status).toBe(404);
    expect((await call('GET', '/api/v1/cases', null)).status).toBe(401);
  });
});

describe('GET /api/v1/cases/{correlationId}', () => {
  const show = (id: string, key = acmeQuery) => call('GET', `/api/v1/cases/${id}`, key);

  it('shows a case with its milestones and the time between them', async () => {
    const { status, body } = (await show('done')) as { status: number; body: CaseDetails };
    expect([status, body.status, body.risk, body.episodes, body.asOf]).toEqual([
      ...[200, 'closed', 'none', 1, '2026-03-19T12:00:00Z'],
    ]);
    expect(body.milestones).toEqual([
      { milestone: 'Received', at: '2026-03-19T07:00:00Z', durationMs: null, activeMs: null, isAfterEnd: false },
      { milestone: 'Denied', at: '2026-03-19T09:00:00Z', durationMs: 2 * hour, activeMs: 2 * hour, isAfterEnd: false },
      { milestone: 'Archived', at: '2026-03-19T09:30:00Z', durationMs: hour / 2, activeMs: hour / 2, isAfterEnd: true },
    ]);
    const { milestones: _m, episodes: _e, asOf: _a, ...rest } = body;
    expect((await list('?status=closed')).data[1]).toEqual(rest);
  });

  it('asks which of several is meant', async () => {
    const several = await show('both');
    expect([several.status, several.body.error.details[0].field]).toEqual([400, 'capability']);
    expect((await show('both?capability=CLAIMS')).body).toMatchObject({ capabilityCode: 'CLAIMS', milestoneCount: 1 });
    const organizations = await show('done', operator);
    expect([organizations.status, organizations.body.error.details[0].field]).toEqual([400, 'orgCode']);
    expect((await show('done?orgCode=GLOBEX', operator)).body).toMatchObject({ orgCode: 'GLOBEX', status: 'open' });
  });

  it.each(['foreign', 'nobody', 'done%27--', 'done?capability=CLAIMS'])('%s is not there', async (id) => {
    expect(await show(id)).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
  });
});
