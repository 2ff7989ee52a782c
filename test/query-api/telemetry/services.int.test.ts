import { afterAll, beforeAll, expect, it } from 'vitest';
import { TELEMETRY_LIMITS } from '../../../schemas/api/telemetry-limits.ts';
import { SERVICE_LIST_LIMITS, type ServiceList } from '../../../schemas/api/telemetry-services.ts';
import { acme, globex, type QueryStack, startQueryStack, testNow } from '../../support/query-stack.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const path = '/api/v1/telemetry/services';
let stack: QueryStack;

const instant = (at: number): string => new Date(at).toISOString();
const whole = (at: number): string => new Date(at).toISOString().replace('.000Z', 'Z');

interface Row {
  tenant?: string;
  service: string;
  at: number;
}

const common = { batch_id: 'b', repeatable: false, received_at: instant(testNow), expires_at: 4_000_000_000 };

async function insert(table: string, rows: readonly object[]): Promise<void> {
  const texts = rows.map((row) => JSON.stringify({ ...common, ...row }));
  await stack.writer.command(
    `INSERT INTO ${table} SETTINGS date_time_input_format = 'best_effort' FORMAT JSONEachRow\n${texts.join('\n')}`,
  );
}

const log = ({ tenant = acme.id, service, at }: Row) => ({ tenant, service, level: 'info', at: instant(at) });
const point = ({ tenant = acme.id, service, at }: Row) => ({
  ...{ tenant, service, metric: 'latency', unit: 's', kind: 'gauge', series: 1 },
  ...{ at: instant(at), start_at: 0, value: 1, measured: 1 },
});
const deployment = ({ service, at, ...rest }: Row & { version: string; environment: string }) => ({
  ...{ tenant: acme.id, service, at: instant(at), id: instant(at) },
  ...rest,
});
const alert = ({ service, at }: Row) => ({
  ...{ tenant: acme.id, id: `anom-${service}`, service, status: 'firing', name: 'Down', score: 0.9 },
  starts_at: instant(at),
});

beforeAll(async () => {
  stack = await startQueryStack();
  await insert('points', [
    point({ service: 'checkout', at: testNow - 5 * minute + 30_000 }),
    point({ service: 'checkout', at: testNow - 20 * day }),
    point({ service: 'billing', at: testNow - 20 * hour }),
    point({ service: 'forgotten', at: testNow - 40 * day }),
    point({ tenant: globex.id, service: 'search', at: testNow - minute }),
    point({ tenant: globex.id, service: 'checkout', at: testNow - minute }),
  ]);
  await insert('logs', [
    log({ service: 'checkout', at: testNow - 10 * day }),
    log({ service: 'audit', at: testNow - 2 * minute }),
  ]);
  await insert('deployments', [
    deployment({ service: 'checkout', at: testNow - 90 * day, version: '1.0', environment: 'staging' }),
    deployment({ service: 'checkout', at: testNow - 60 * day, version: '1.1', environment: 'production' }),
    deployment({ service: 'forgotten', at: testNow - 50 * day, version: '0.1', environment: 'production' }),
  ]);
  await insert('alerts', [
    alert({ service: 'mailer', at: testNow - hour }),
    alert({ service: '', at: testNow }),
    alert({ service: 'm'.repeat(TELEMETRY_LIMITS.serviceLength + 1), at: testNow }),
  ]);
  const longest = '🧀'.repeat(TELEMETRY_LIMITS.serviceLength);
  await insert(
    'points',
    [longest, `${longest.slice(2)}z`].map((service) => point({ service, at: testNow - 400 * day })),
  );
});
afterAll(() => stack.close());

async function list(query = '', key?: string): Promise<ServiceList> {
  const { status, body } = await stack.get(`${path}${query}`, key);
  expect({ status, body: status === 200 ? undefined : body }).toEqual({ status: 200, body: undefined });
  return body as ServiceList;
}
const namesOf = ({ services }: ServiceList) => services.map(({ service_id: id }) => id);

it('every service that was seen lately is listed once, with what was seen of it and what was deployed last', async () => {
  const all = await list();
  expect(all).toMatchObject({ total: 4, page_token: null });
  expect(namesOf(all)).toEqual(['audit', 'billing', 'checkout', 'mailer']);
  expect(all.services[2]).toEqual({
    service_id: 'checkout',
    org_code: 'ACME',
    last_seen: whole(testNow - 5 * minute),
    last_seen_by_kind: {
      metrics: whole(testNow - 5 * minute),
      logs: whole(Math.floor((testNow - 10 * day) / day) * day),
      deployments: whole(testNow - 60 * day),
      alerts: null,
    },
    environment: 'production',
    version: '1.1',
  });
  expect(all.services[1]).toMatchObject({ last_seen: whole(testNow - 20 * hour), environment: null, version: null });
  expect(all.services[3]?.last_seen_by_kind).toEqual({
    ...{ metrics: null, logs: null, deployments: null },
    alerts: whole(testNow - hour),
  });
});

it.each([
  ['?since=2026-01-01', ['audit', 'billing', 'checkout', 'forgotten', 'mailer']],
  [`?since=${instant(testNow - hour)}`, ['audit', 'checkout', 'mailer']],
  ['?service_id=billing', ['billing']],
  ['?service_id=search', []],
])('%s selects %j', async (query, expected) => {
  const found = await list(query);
  expect([namesOf(found), found.total]).toEqual([expected, expected.length]);
});

it('pages go on where the one before ended, over all organizations of a key', async () => {
  const seen: string[] = [];
  let token: string | null = null;
  do {
    const page: ServiceList = await list(`?limit=2${token === null ? '' : `&page_token=${token}`}`, 'k-both');
    expect(page.total).toBe(6);
    seen.push(...page.services.map(({ org_code: org, service_id: id }) => `${org} ${id}`));
    token = page.page_token;
  } while (token !== null);
  expect(seen.sort()).toEqual([
    ...['ACME audit', 'ACME billing', 'ACME checkout', 'ACME mailer'],
    ...['GLOBEX checkout', 'GLOBEX search'],
  ]);
});

it('a page can end behind the longest name', async () => {
  const query = '?since=2025-01-01&limit=1';
  const names: string[] = [];
  for (let token = ''; names.length < 7; ) {
    const page: ServiceList = await list(`${query}${token}`);
    names.push(...namesOf(page));
    token = `&page_token=${page.page_token}`;
  }
  expect(new Set(names).size).toBe(7);
});

it('bad filters, other lists and other organizations are refused in the envelope of the family', async () => {
  const answer = async (query: string, key?: string) => {
    const { status, body } = await stack.get(`${path}${query}`, key);
    return [status, (body as { error: { code: string } }).error.code];
  };
  const { page_token: token } = await list('?limit=1');
  expect(await answer('?since=soon')).toEqual([400, 'validation_error']);
  expect(await answer(`?limit=1&since=2026-01-01&page_token=${token}`)).toEqual([400, 'validation_error']);
  expect(await answer(`?limit=${SERVICE_LIST_LIMITS.pageSize + 1}`)).toEqual([400, 'validation_error']);
  expect(await answer('?orgCode=GLOBEX')).toEqual([404, 'not_found']);
  expect(await answer('', 'k-ingest')).toEqual([403, 'forbidden']);
  expect(await answer('', 'k-nobody')).toEqual([401, 'unauthorized']);
  expect(await list('', 'k-none')).toEqual({ services: [], total: 0, page_token: null });
});
