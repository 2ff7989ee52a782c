import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { periodOf } from '../../../bench/support/periods.ts';
import { PartitionFold } from '../../../processors/analytics/partition-fold.ts';
import { createClickHouseRows } from '../../../processors/analytics/row-store.ts';
import { eventSource } from '../../../processors/analytics/sources.ts';
import { slo } from '../../../processors/slo/slo.ts';
import { SLO_LIMITS, type SloDetails, type SloList } from '../../../schemas/api/slo.ts';
import { NO_SETTINGS, type TenantSettings } from '../../../schemas/control/control-record.ts';
import { encodeControlRecord } from '../../../schemas/control/control-record-codec.ts';
import { insertKey } from '../../support/control-data.ts';
import { createBatch, createEvent } from '../../support/event-batches.ts';
import { startQueryApi, type TestQueryApi } from '../../support/query-api-app.ts';
import { insertEvents, type TestEvent } from '../../support/query-stack.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** Not a full minute; ten days after clocks were set in Berlin. */
const now = Date.UTC(2026, 3, 8, 9, 17, 30);
const path = '/api/v1/slo';
const ordinary = { metricId: 'met_P2P_CycleTime', objective: 0.9, window: { days: 30 } };

let api: TestQueryApi;
let admin: string;
let reader: string;
let globex: string;
let events: TestEvent[];

type Method = 'GET' | 'PUT' | 'DELETE' | 'POST';
async function call(method: Method, url: string, { key = admin, body }: { key?: string | null; body?: unknown } = {}) {
  const response = await api.app.inject({
    ...{ method, url, headers: key === null ? {} : { 'x-api-key': key } },
    ...(body === undefined ? {} : { payload: body as object }),
  });
  return { status: response.statusCode, body: response.json() };
}

async function put(id: string, body: object): Promise<void> {
  const answer = await call('PUT', `${path}/${id}`, { body: { ...ordinary, ...body } });
  expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 200 });
}

async function get(id: string, at?: number): Promise<SloDetails> {
  const query = at === undefined ? '' : `?at=${new Date(at).toISOString()}`;
  const answer = await call('GET', `${path}/${id}${query}`, { key: reader });
  expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: 200 });
  return answer.body;
}

/** Events of a hundred days, some a minute apart and some hours, with figures that repeat after no short time. */
function makeEvents(tenant: TestEvent['tenant']): TestEvent[] {
  return Array.from({ length: 2_000 }, (_, n) => ({
    ...{ tenant, capability: 'P2P', metric: 'CycleTime', id: `evt_slo_${n}` },
    at: now - 100 * day + Math.floor((n / 2_000) ** 0.5 * 100 * day) + (n % 97) * 777,
    value: (n * 7_919) % 25,
    ...(n % 11 === 0 ? {} : { slaTarget: 20 }),
    dimensions: { urgency: ['Urgent', 'Standard', 'Expedited'][n % 3] ?? '', site: `s${n % 40}` },
    unrolled: n % 400 === 1 ? ['site'] : [],
  }));
}

beforeAll(async () => {
  api = await startQueryApi(() => now);
  const operator = (await insertKey(api.sql, { permissions: ['ingest', 'query', 'admin', 'platform'] })).text;
  const keyOf = async (orgCode: string, scope: string) =>
    (await call('POST', '/api/v1/keys', { key: operator, body: { name: scope, scope, orgCode } })).body.key as string;
  for (const code of ['ACME', 'GLOBEX']) {
    await call('POST', '/api/v1/organizations', { key: operator, body: { code, name: code } });
    await call('POST', '/api/v1/capabilities', { key: operator, body: { orgCode: code, code: 'P2P', name: 'P2P' } });
  }
  [admin, reader, globex] = await Promise.all([
    keyOf('ACME', 'Admin'),
    keyOf('ACME', 'Query'),
    keyOf('GLOBEX', 'Admin'),
  ]);
  const tenant = await api.directory.tenant('ACME');
  if (tenant === undefined) throw new Error('no tenant');
  events = makeEvents(tenant);
  await insertEvents(api.analytics, events);
  const period = async (from: number, to: number | null, excluded = true) => {
    const [row] = await api.sql<{ id: number }[]>`
      INSERT INTO maintenance_windows (tenant_id, title, status, scheduled_start, scheduled_end, actual_start, actual_end, auto_end, exclude_from_sla, suppress_alerts)
      VALUES (${tenant.id}, 'upgrade', 'active', ${new Date(from)}, ${new Date(from + day)}, ${new Date(from)}, ${to === null ? null : new Date(to)},
        ${to !== null}, ${excluded}, true) RETURNING id`;
    await api.sql`INSERT INTO maintenance_window_services (window_id, tenant_id, service) VALUES (${row?.id ?? 0}, ${tenant.id}, 'P2P')`;
  };
  await period(now - 20 * day + 123, now - 18 * day + 45 * minute + 456);
  await period(now - 18 * day, now - 17 * day);
  await period(now - 9 * day, now - 8 * day, false);
  await period(now - 20 * minute, now - 15 * minute);
}, 120_000);
afterAll(() => api.close());

const excluded = [
  [now - 20 * day + 123, now - 17 * day],
  [now - 20 * minute, now - 15 * minute],
] as const;
const floor = (at: number) => Math.floor(at / minute) * minute;

/** What counts of an SLO at a minute, one by one. */
function exact(at: number, isIn: (event: TestEvent) => boolean) {
  const own = events
    .filter((event) => event.slaTarget !== undefined && event.at < floor(at) && isIn(event))
    .filter((event) => !excluded.some(([from, to]) => from < floor(event.at) + minute && to > floor(event.at)));
  const bad = own.filter(({ value, slaTarget = 0 }) => value > slaTarget);
  return { own, figures: { events: own.length, good: own.length - bad.length, bad: bad.length }, bad };
}

const instants = [now, now - 16 * hour, now - 9 * day - 3 * hour, now - 18 * day, now - 60 * day, now - 99 * day];

describe('GET /api/v1/slo/{id}', () => {
  it('answers, at any time, the exact figures of a rolling window', async () => {
    await put('rolling', { window: { days: 7 }, objective: 0.9 });
    for (const at of instants) {
      const { status } = await get('rolling', at);
      const from = Math.floor(at / hour) * hour - 7 * day;
      const { figures } = exact(at, (event) => event.at >= from);
      expect(status).toMatchObject(figures);
      expect(status.window).toEqual({ from: stamp(from), to: stamp(floor(at)), ends: null });
      if (figures.events === 0) continue;
      expect(status.compliance).toBeCloseTo(figures.good / figures.events, 9);
      expect(status.budget.total).toBeCloseTo(figures.events / 10, 9);
      expect(status.budget.remaining).toBeCloseTo(figures.events / 10 - figures.bad, 9);
      expect(status.state).toBe(figures.good / figures.events < 0.9 && figures.events >= 20 ? 'breached' : 'met');
    }
  });

  it.each([
    ['month', 'Europe/Berlin'],
    ['week', 'Asia/Kathmandu'],
    ['quarter', 'America/Sao_Paulo'],
    ['year', 'UTC'],
  ] as const)('answers, at any time, the exact figures of a %s of %s', async (calendar, timeZone) => {
    await put('calendar', { window: { calendar, timeZone } });
    await put('calendar-urgent', { window: { calendar, timeZone }, dimensions: { urgency: 'Urgent' } });
    for (const at of instants.slice(1, 4)) {
      const inPeriod = (event: TestEvent) =>
        periodOf(event.at, calendar, timeZone) === periodOf(at, calendar, timeZone);
      const { figures } = exact(at, inPeriod);
      expect((await get('calendar', at)).status).toMatchObject(figures);
      const urgent = exact(at, (event) => inPeriod(event) && event.dimensions?.urgency === 'Urgent');
      expect((await get('calendar-urgent', at)).status).toMatchObject(urgent.figures);
    }
  });

  it('asks the events where the rollup did not keep a dimension apart', async () => {
    await put('site', { dimensions: { site: 's1' }, window: { days: 90 } });
    const { figures } = exact(now, (event) => event.dimensions?.site === 's1' && event.at >= now - 90 * day - hour);
    expect(figures.events).toBeGreaterThan(10);
    expect((await get('site')).status).toMatchObject(figures);
  });

  it('answers exact burn rates, without maintenance', async () => {
    await put('burn', {});
    const at = now - 12 * minute;
    const { status } = await get('burn', at);
    const rate = (ms: number) => {
      const { figures } = exact(at, (event) => event.at >= floor(at) - ms);
      return figures.events === 0 ? 0 : figures.bad / figures.events / 0.1;
    };
    const [fast, slow] = status.burn;
    expect(fast).toMatchObject({ alert: 'fast', threshold: 14.4, shortWindow: '5m', longWindow: '1h' });
    expect(slow).toMatchObject({ alert: 'slow', threshold: 6, shortWindow: '30m', longWindow: '6h' });
    expect([fast?.shortRate, fast?.longRate]).toEqual([5 * minute, hour].map((ms) => expect.closeTo(rate(ms), 8)));
    expect([slow?.shortRate, slow?.longRate]).toEqual([30 * minute, 6 * hour].map((ms) => expect.closeTo(rate(ms), 8)));
    expect(slow?.longEvents).toBeGreaterThan(0);
  });

  it('says which values of which dimensions spent the budget, and what maintenance was left out', async () => {
    await put('spent', {});
    const { attribution, maintenance, status } = await get('spent');
    const { bad } = exact(now, (event) => event.at >= Math.floor(now / hour) * hour - 30 * day);
    const urgent = bad.filter(({ dimensions }) => dimensions?.urgency === 'Urgent').length;
    const found = attribution.find(({ dimension, value }) => dimension === 'urgency' && value === 'Urgent');
    expect(found?.bad).toBe(urgent);
    expect(found?.share).toBeCloseTo(urgent / bad.length, 8);
    expect(found?.budgetShare).toBeCloseTo(urgent / status.budget.total, 8);
    const byUrgency = attribution.filter(({ dimension }) => dimension === 'urgency');
    expect(byUrgency.reduce((sum, part) => sum + part.bad, 0)).toBe(bad.length);
    expect(maintenance.map(({ from }) => Date.parse(from))).toEqual([
      now - 20 * minute,
      now - 18 * day,
      now - 20 * day + 123,
    ]);
  });

  it('shows breaches and burn alerts as they were told of last', async () => {
    await put('told', {});
    const tell = (revision: number, status: string, ended: number) =>
      api.analytics.command(`INSERT INTO slo_events
        (tenant, slo_id, kind, id, status, reason, started_at, ended_at, burn_short, burn_long, threshold, revision, expires_at)
        VALUES ('${events[0]?.tenant.id}', 'told', 'burn_fast', 'slo-1', '${status}', '${ended === 0 ? '' : 'recovered'}', ${seconds(now - hour)},
          ${ended}, 16.5, 15.1, 14.4, ${revision}, 4000000000)`);
    await tell(1, 'open', 0);
    const [open] = (await get('told')).alarms;
    expect(open).toMatchObject({
      id: 'slo-1',
      status: 'open',
      endedAt: null,
      shortRate: 16.5,
      longRate: 15.1,
      threshold: 14.4,
      mutedBy: null,
    });
    await tell(2, 'resolved', seconds(now));
    const { alarms } = await get('told');
    expect(alarms.map(({ status, reason, endedAt }) => [status, reason, endedAt])).toEqual([
      ['resolved', 'recovered', stamp(floor(now) + 30_000)],
    ]);
    expect((await get('told', now - 2 * hour)).alarms).toEqual([]);
  });
});

describe('a breach in the stream', () => {
  it('is stored once, however often its records are folded, and shown until it is over', async () => {
    await put('stream', { window: { days: 7 }, metricId: 'met_P2P_Handover', minEvents: 3 });
    const tenant = events[0]?.tenant.id ?? '';
    const [definition] = (await api.deps.control.slos.list([tenant], { offset: 0, limit: 99 })).slos.filter(
      ({ id }) => id === 'stream',
    );
    const settings: TenantSettings = {
      ...NO_SETTINGS,
      revision: 1,
      slos: definition === undefined ? [] : [definition],
    };
    const controlAt = (at: number) => {
      const batch = eventSource.decode(encodeControlRecord({ at, tenant, settings }));
      if (typeof batch === 'string') throw new Error(batch);
      return batch;
    };
    const batchOf = (at: number, value: number) =>
      createBatch([], {
        ...{ tenant, receivedAt: at, retentionDays: 400 },
        events: Array.from({ length: 4 }, (_, n) =>
          createEvent(`${at}-${n}`, { metric: 'Handover', at, value, slaTarget: 5 }),
        ),
      });
    const rows = createClickHouseRows(api.analytics);
    const fold = async (minutes: number[]) => {
      const partition = new PartitionFold(0, [slo]);
      let offset = 0;
      for (const number of minutes) {
        const at = now - 2 * hour + number * minute;
        partition.onBatch({ offset: offset++, batch: batchOf(at, number < 5 ? 9 : 1) });
        if (number === 0) partition.onBatch({ offset: offset++, batch: controlAt(at) });
      }
      await rows.store({ blocks: partition.takeBlocks(), token: `slo-test-${minutes.length}` });
    };
    const alarmsOf = async () => (await get('stream')).alarms.filter(({ kind }) => kind === 'breach');
    await fold([0, 1, 2]);
    expect(await alarmsOf()).toMatchObject([{ status: 'open', endedAt: null, mutedBy: null }]);
    const all = Array.from({ length: 100 }, (_, number) => number);
    await fold(all);
    await fold(all);
    const [breach, ...others] = await alarmsOf();
    expect(others).toEqual([]);
    expect(breach).toMatchObject({ status: 'resolved', reason: 'recovered', objective: 0.9 });
    // Twenty bad events of two hundred meet nine in ten.
    expect(breach?.endedAt).toBe(stamp(Math.floor((now - 2 * hour) / minute) * minute + 50 * minute));
  });
});

const stamp = (at: number) => new Date(at).toISOString().replace('.000', '');
const seconds = (at: number) => Math.floor(at / 1000);

describe('PUT, DELETE and GET /api/v1/slo', () => {
  it('define, list, replace and delete', async () => {
    const body = {
      ...ordinary,
      name: 'Cycle',
      window: { calendar: 'month', timeZone: 'europe/berlin' },
      dimensions: { urgency: 'Urgent' },
    };
    const { body: made } = await call('PUT', `${path}/a.first_one-1`, { body });
    expect(made).toEqual({
      ...{
        id: 'a.first_one-1',
        orgCode: 'ACME',
        name: 'Cycle',
        metricId: 'met_P2P_CycleTime',
        capabilityCode: 'P2P',
        metricType: 'CycleTime',
      },
      ...{
        dimensions: { urgency: 'Urgent' },
        objective: 0.9,
        window: { calendar: 'month', timeZone: 'Europe/Berlin' },
        minEvents: 20,
      },
      ...{ createdAt: new Date(now).toISOString(), updatedAt: new Date(now).toISOString() },
    });
    await put('a.first_one-1', { minEvents: 5 });
    const listed = (await call('GET', `${path}?pageSize=1`, { key: reader })).body as SloList;
    expect(listed.data).toMatchObject([{ id: 'a.first_one-1', window: { days: 30 }, minEvents: 5, dimensions: {} }]);
    expect(listed.data[0]?.status.events).toBeGreaterThan(0);
    expect(listed.meta).toMatchObject({ page: 1, pageSize: 1 });
    expect(await call('DELETE', `${path}/a.first_one-1`)).toEqual({
      status: 200,
      body: { id: 'a.first_one-1', status: 'deleted' },
    });
    expect(await call('DELETE', `${path}/a.first_one-1`)).toMatchObject({ status: 404 });
    expect(await call('GET', `${path}/a.first_one-1`, { key: reader })).toMatchObject({ status: 404 });
    const { body: log } = await call('GET', '/api/v1/audit?action=slo.delete');
    expect(JSON.stringify(log)).toContain('a.first_one-1');
  });

  it.each([
    [{ objective: 1 }, 'objective'],
    [{ objective: 0 }, 'objective'],
    [{ objective: '0.9' }, 'objective'],
    [{ metricId: 'met_Nobody_Time' }, 'metricId'],
    [{ window: {} }, 'window'],
    [{ window: { days: 7, calendar: 'week' } }, 'window'],
    [{ window: { days: 367 } }, 'window.days'],
    [{ window: { days: 7, timeZone: 'UTC' } }, 'window.timeZone'],
    [{ window: { calendar: 'decade' } }, 'window.calendar'],
    [{ window: { calendar: 'month', timeZone: 'Mars/Base' } }, 'window.timeZone'],
    [{ window: { calendar: 'month', zone: 'UTC' } }, 'window.zone'],
    [{ minEvents: 0 }, 'minEvents'],
    [{ name: ' ' }, 'name'],
    [{ dimensions: { urgency: 1 } }, 'dimensions.urgency'],
  ])('refuse %j and name the field', async (wrong, field) => {
    const { status, body } = await call('PUT', `${path}/wrong`, { body: { ...ordinary, ...wrong } });
    expect(status).toBe(400);
    expect(body.error.code).toBe('validation_error');
    expect(body.error.details.map((detail: { field: string }) => detail.field)).toEqual([field]);
  });

  it('refuse ids, times and bodies that are none', async () => {
    expect(await call('PUT', `${path}/-x`, { body: ordinary })).toMatchObject({ status: 400 });
    expect((await call('PUT', `${path}/x`, { body: {} })).body.error.message).toContain(
      "'metricId', 'objective', 'window'",
    );
    expect((await call('GET', `${path}?at=yesterday`)).body.error.details).toMatchObject([{ field: 'at' }]);
    expect(await call('GET', `${path}?pageSize=51`)).toMatchObject({ status: 400 });
  });

  it('are for those alone who may', async () => {
    for (const [method, url, body] of [
      ['GET', path],
      ['GET', `${path}/rolling`],
      ['PUT', `${path}/rolling`, ordinary],
      ['DELETE', `${path}/rolling`],
    ] as const) {
      expect(await call(method, url, { key: null, body })).toMatchObject({ status: 401 });
      if (method !== 'GET') expect(await call(method, url, { key: reader, body })).toMatchObject({ status: 403 });
    }
  });

  it('know nothing of the SLOs of others', async () => {
    await put('mine', {});
    const missing = { status: 404, body: { error: { code: 'not_found', message: "There is no SLO 'mine'." } } };
    expect(await call('GET', `${path}/mine`, { key: globex })).toEqual(missing);
    expect(await call('DELETE', `${path}/mine`, { key: globex })).toEqual(missing);
    expect((await call('GET', path, { key: globex })).body.data).toEqual([]);
    expect(await call('GET', `${path}?orgCode=ACME`, { key: globex })).toMatchObject({ status: 404 });
    expect(await call('PUT', `${path}/mine`, { key: globex, body: { ...ordinary, orgCode: 'ACME' } })).toMatchObject({
      status: 403,
    });
  });

  it(`allow ${SLO_LIMITS.slos} to an organization`, async () => {
    await api.sql`
      INSERT INTO slos (tenant_id, id, name, subject_kind, subject, metric, objective, window_days, min_events)
      SELECT (SELECT id FROM tenants WHERE code = 'GLOBEX'), 'slo-' || n, 'x', 'capability', 'P2P', 'CycleTime', 0.9, 30, 1
      FROM generate_series(1, ${SLO_LIMITS.slos}) AS n`;
    const refused = await call('PUT', `${path}/more`, { key: globex, body: ordinary });
    expect(refused).toMatchObject({ status: 403, body: { error: { code: 'slo_limit_exceeded' } } });
    expect(await call('PUT', `${path}/slo-1`, { key: globex, body: ordinary })).toMatchObject({ status: 200 });
    const { data, meta } = (await call('GET', `${path}?pageSize=50&page=2`, { key: globex })).body;
    expect([data.length, meta.totalCount]).toEqual([50, SLO_LIMITS.slos]);
  });
});
