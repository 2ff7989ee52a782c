import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MetricList, MetricRow } from '../../../../../schemas/api/metrics.ts';
import { expectFigures } from '../../../../support/exact-figures.ts';
import { acme, globex, type QueryStack, startQueryStack, type TestEvent } from '../../../../support/query-stack.ts';
import { createNoise, sampleEvents } from '../../../../support/sample-events.ts';

let stack: QueryStack;
const from = Date.UTC(2026, 1, 1);
const to = Date.UTC(2026, 2, 11);
const cycle = sampleEvents(5_000, { from, to });
const volume: TestEvent[] = cycle.slice(0, 50).map((event, index) => ({
  ...event,
  metric: 'Volume',
  value: index % 2,
  dimensions: {},
}));
const foreign: TestEvent = { tenant: globex, capability: 'PA', metric: 'CycleTime', at: from, value: 3 };

beforeAll(async () => {
  stack = await startQueryStack();
  await stack.insert([...cycle, foreign, { ...foreign, at: from + 1, value: 5 }]);
  await stack.insert(volume.map(({ slaTarget: _, ...event }) => event));
});
afterAll(() => stack.close());

const query = async (search = '', key?: string): Promise<MetricList> => {
  const { status, body } = await stack.get(`/api/v1/metrics${search}`, key);
  expect(body, search).not.toHaveProperty('error');
  expect(status).toBe(200);
  return body;
};
const within = (range: { from: number; to: number }) => cycle.filter(({ at }) => at >= range.from && at < range.to);
const only = ({ data }: MetricList): MetricRow => {
  expect(data).toHaveLength(1);
  return data[0] as MetricRow;
};

describe('GET /api/v1/metrics', () => {
  it('answers one row for each metric that has events, exact over all of them', async () => {
    const { data, meta } = await query();
    expect(data.map(({ orgCode, capabilityCode, metricType }) => [orgCode, capabilityCode, metricType])).toEqual([
      ['ACME', 'P2P', 'CycleTime'],
      ['ACME', 'P2P', 'Volume'],
    ]);
    expectFigures(data[0] as MetricRow, cycle);
    expect(data[1]).toMatchObject({ count: 50, avg: 0.5, min: 0, max: 1, p50: 0.5, p95: 1, slaCompliance: null });
    expect(meta).toEqual({
      from: '2025-03-19T00:00:00Z',
      to: '2026-03-19T23:59:59Z',
      page: 1,
      pageSize: 1000,
      totalCount: 2,
      truncated: false,
    });
  });

  it('takes dates as whole days and shows the effective range', async () => {
    const list = await query('?orgCode=ACME&capability=P2P&metricType=CycleTime&from=2026-02-03&to=2026-02-05');
    expect(list.meta).toMatchObject({ from: '2026-02-03T00:00:00Z', to: '2026-02-05T23:59:59Z' });
    expectFigures(only(list), within({ from: Date.UTC(2026, 1, 3), to: Date.UTC(2026, 1, 6) }));
  });

  it('is exact for any range, however it cuts minutes, hours and days', async () => {
    const noise = createNoise(7);
    for (let round = 0; round < 25; round++) {
      const start = Math.floor(from + noise() * (to - from) * 0.9);
      const range = { from: start, to: Math.floor(start + noise() ** 3 * (to - start)) + 3_600_000 };
      const [a, b] = [new Date(range.from).toISOString(), new Date(range.to).toISOString()];
      const { data } = await query(`?metricType=CycleTime&from=${a}&to=${b}`);
      const expected = within(range);
      if (expected.length === 0) expect(data).toEqual([]);
      else expectFigures(data[0] as MetricRow, expected);
    }
  });

  it('groups by a dimension, events without it as null', async () => {
    const a = '2026-02-03T10:20:30.500Z';
    const b = '2026-02-28T23:10:00Z';
    const { data, meta } = await query(`?metricType=CycleTime&groupBy=urgency&from=${a}&to=${b}`);
    const expected = within({ from: Date.parse(a), to: Date.parse(b) });
    expect(new Set(data.map(({ dimensions }) => dimensions?.urgency))).toEqual(
      new Set(['Expedited', 'Urgent', 'Standard', null]),
    );
    for (const row of data) {
      const value = row.dimensions?.urgency ?? undefined;
      expectFigures(
        row,
        expected.filter(({ dimensions }) => dimensions?.urgency === value),
      );
    }
    expect(data.map(({ count }) => count)).toEqual(data.map(({ count }) => count).sort((x, y) => y - x));
    expect(meta).toMatchObject({ totalCount: 4, truncated: false });
  });

  it('answers a dimension that no event has with one group', async () => {
    const row = only(await query('?metricType=CycleTime&groupBy=no%20such'));
    expect(row.dimensions).toEqual({ 'no such': null });
    expectFigures(row, cycle);
  });

  it('shows the largest 1,000 groups and says that there are more', async () => {
    const at = Date.UTC(2026, 1, 20, 8);
    await stack.insert(
      Array.from({ length: 1_205 }, (_, index) => ({
        tenant: globex,
        capability: 'MANY',
        metric: 'Volume',
        at: at + index,
        value: index,
        dimensions: { order: `n${index < 5 ? 0 : index}` },
      })),
    );
    const { data, meta } = await query('?orgCode=GLOBEX&capability=MANY&groupBy=order', 'k-both');
    expect(meta).toMatchObject({ totalCount: 1_000, truncated: true });
    expect(data[0]).toMatchObject({ dimensions: { order: 'n0' }, count: 5 });
  });

  it('asks the events where the rollup did not keep the values of a dimension apart', async () => {
    const at = Date.UTC(2026, 1, 21, 8);
    const events = Array.from({ length: 30 }, (_, index) => ({
      tenant: globex,
      capability: 'MIXED',
      metric: 'Volume',
      at: at + index * 1_000_000,
      value: index + 1,
      dimensions: { user: `u${index % 3}`, region: 'North' },
      unrolled: index > 10 ? ['user'] : [],
    }));
    await stack.insert(events);
    const [cells] = await stack.writer.select<{ mixed: number }>(
      "SELECT count() AS mixed FROM measurements_by_dimensions_1h WHERE dimensions['user'] = '…'",
    );
    expect(cells?.mixed).toBeGreaterThan(0);
    const { data } = await query('?orgCode=GLOBEX&capability=MIXED&groupBy=user', 'k-both');
    expect(data.map(({ dimensions }) => dimensions?.user).sort()).toEqual(['u0', 'u1', 'u2']);
    for (const row of data) {
      expectFigures(
        row,
        events.filter(({ dimensions }) => dimensions.user === row.dimensions?.user),
      );
    }
    const byRegion = await query('?orgCode=GLOBEX&capability=MIXED&groupBy=region', 'k-both');
    expectFigures(only(byRegion), events);
  });

  it('spans organizations and pages', async () => {
    const search = '?from=2026-02-01&to=2026-02-01&pageSize=1&page=';
    const pages = await Promise.all([1, 2, 3].map((page) => query(`${search}${page}`, 'k-both')));
    const all = await query('?from=2026-02-01&to=2026-02-01', 'k-both');
    expect(pages.flatMap(({ data }) => data)).toEqual(all.data.slice(0, 3));
    expect(all.data.map(({ orgCode }) => orgCode)).toContain('GLOBEX');
    expect(pages[0]?.meta).toMatchObject({ page: 1, pageSize: 1, totalCount: all.data.length });
    expect((await query('', 'k-none')).data).toEqual([]);
  });

  it('survives values at the end of the number range', async () => {
    const at = Date.UTC(2026, 1, 22);
    const huge = [0, 1.7e308, 1.7e308].map((value) => ({
      tenant: globex,
      capability: 'HUGE',
      metric: 'Volume',
      at,
      value,
    }));
    await stack.insert(huge);
    const row = only(await query('?orgCode=GLOBEX&capability=HUGE', 'k-both'));
    expect(row).toMatchObject({ count: 3, min: 0, max: 1.7e308 });
    expect(
      Object.values(row)
        .filter((value) => typeof value === 'number')
        .every(Number.isFinite),
    ).toBe(true);
  });

  it.each([
    ['?from=2026-13-01', 'from'],
    ['?from=2026-02-29', 'from'],
    ['?to=2026-03-01T25:00:00Z', 'to'],
    ['?from=2026-03-02&to=2026-03-01', 'from'],
    ['?pageSize=0', 'pageSize'],
    ['?pageSize=1001', 'pageSize'],
    [`?groupBy=${'x'.repeat(129)}`, 'groupBy'],
  ])('refuses %s naming %s', async (search, field) => {
    const { status, body } = await stack.get(`/api/v1/metrics${search}`);
    expect([status, body]).toMatchObject([400, { error: { code: 'validation_error', details: [{ field }] } }]);
  });

  it('lets nobody in without a key, without the permission, or to a foreign organization', async () => {
    expect((await stack.app.inject('/api/v1/metrics')).statusCode).toBe(401);
    expect((await stack.get('/api/v1/metrics', 'k-ingest')).body).toMatchObject({ error: { code: 'forbidden' } });
    expect((await stack.get('/api/v1/metrics?orgCode=GLOBEX')).body).toMatchObject({ error: { code: 'not_found' } });
    const rows = (await query('', 'k-query')).data;
    expect(new Set(rows.map(({ orgCode }) => orgCode))).toEqual(new Set([acme.code]));
  });
});
