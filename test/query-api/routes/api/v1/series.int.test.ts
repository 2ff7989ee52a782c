import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MetricDetails, Series, SeriesPoint } from '../../../../../schemas/api/metrics.ts';
import { expectFigures, type ShownFigures } from '../../../../support/exact-figures.ts';
import { acme, cycleTime, globex, type QueryStack, startQueryStack, testNow } from '../../../../support/query-stack.ts';
import { sampleEvents } from '../../../../support/sample-events.ts';

let stack: QueryStack;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
// Covers the spring change of clocks in New York (8 March 2026).
const events = sampleEvents(6_000, { from: Date.UTC(2026, 0, 20), to: testNow });
const path = '/api/v1/metrics/met_P2P_CycleTime';

beforeAll(async () => {
  stack = await startQueryStack();
  await stack.insert(events);
  await stack.insert([
    { tenant: acme, capability: 'P2P', metric: 'firstPassYield', at: testNow - DAY, value: 0.5 },
    { tenant: globex, capability: 'P2P', metric: 'CycleTime', at: testNow - DAY, value: 4 },
  ]);
});
afterAll(() => stack.close());

const series = async (search: string, key?: string): Promise<Series> => {
  const { status, body } = await stack.get(`${path}/series${search}`, key);
  expect(body, search).not.toHaveProperty('error');
  expect(status).toBe(200);
  return body;
};
const localDate = (zone: string) => {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  return (at: number) => format.format(at);
};
function expectSeries(points: readonly SeriesPoint[], label: (at: number) => string, chosen = events): void {
  const groups = Map.groupBy(chosen, ({ at }) => label(at));
  expect(points.map(({ date }) => date)).toEqual([...groups.keys()].sort());
  for (const point of points) expectFigures(point as ShownFigures, groups.get(point.date) ?? []);
}
const utcDate = (at: number) => new Date(at).toISOString().slice(0, 10);

describe('GET /api/v1/metrics/{id}/series', () => {
  it('answers one point a day by default', async () => {
    const { metricId, interval, series: points } = await series('?from=2026-01-01&to=2026-03-31');
    expect([metricId, interval]).toEqual(['met_P2P_CycleTime', 'day']);
    expectSeries(points, utcDate);
  });

  it.each([
    ['hour', (at: number) => `${new Date(at).toISOString().slice(0, 13)}:00:00Z`],
    ['minute', (at: number) => `${new Date(at).toISOString().slice(0, 16)}:00Z`],
    ['week', (at: number) => utcDate(at - ((new Date(at).getUTCDay() + 6) % 7) * DAY)],
    ['month', (at: number) => `${utcDate(at).slice(0, 7)}-01`],
  ])('answers one point a %s', async (interval, label) => {
    const [from, to] = [Date.UTC(2026, 2, 9), Date.UTC(2026, 2, 12)];
    const isShort = interval === 'minute' || interval === 'hour';
    const range = isShort ? '?from=2026-03-09&to=2026-03-11' : '?from=2026-01-01&to=2026-03-31';
    const chosen = isShort ? events.filter(({ at }) => at >= from && at < to) : events;
    expectSeries((await series(`${range}&interval=${interval}`)).series, label, chosen);
  });

  it.each(['Asia/Kolkata', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe'])(
    'cuts the days of %s',
    async (zone) => {
      const { series: points } = await series(`?from=2026-01-01&to=2026-03-31&tz=${zone}`);
      expectSeries(points, localDate(zone));
    },
  );

  it('labels the hours of a zone with its offset, over the change of clocks', async () => {
    const { series: points } = await series(
      '?from=2026-03-08&to=2026-03-08&interval=hour&tz=America/New_York&fill=zero',
    );
    expect(points).toHaveLength(23);
    expect(points.slice(0, 3).map(({ date }) => date)).toEqual([
      '2026-03-08T00:00:00-05:00',
      '2026-03-08T01:00:00-05:00',
      '2026-03-08T03:00:00-04:00',
    ]);
    const [start, end] = [Date.parse('2026-03-08T05:00:00Z'), Date.parse('2026-03-09T04:00:00Z')];
    const total = points.reduce((sum, { count }) => sum + count, 0);
    expect(total).toBe(events.filter(({ at }) => at >= start && at < end).length);
  });

  it('is exact where the range cuts the first and the last bucket', async () => {
    const [from, to] = [Date.parse('2026-02-03T10:20:30.123Z'), Date.parse('2026-02-06T01:02:03.004Z')];
    const { series: points } = await series(`?from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}`);
    expectSeries(
      points,
      utcDate,
      events.filter(({ at }) => at >= from && at < to),
    );
  });

  it('leaves empty buckets out, or fills them', async () => {
    const range = '?from=2026-01-18&to=2026-01-20';
    expect((await series(range)).series.map(({ date }) => date)).toEqual(['2026-01-20']);
    const empty = { count: 0, slaCompliance: null };
    const none = { ...empty, avg: null, min: null, max: null, p50: null, p95: null };
    const zero = { ...empty, avg: 0, min: 0, max: 0, p50: 0, p95: 0 };
    expect((await series(`${range}&fill=null`)).series[0]).toEqual({ date: '2026-01-18', ...none });
    expect((await series(`${range}&fill=zero`)).series[1]).toEqual({ date: '2026-01-19', ...zero });
    expect((await series('?from=1969-12-01&to=1970-02-01&interval=month&fill=zero')).series).toHaveLength(3);
    expect((await series('?from=2026-03-01T00:00:00Z&to=2026-03-01T00:00:00Z')).series).toEqual([]);
  });

  it('answers a metric that is defined but was never measured with no points', async () => {
    const { body } = await stack.get('/api/v1/metrics/met_P2P_Never/series?from=2026-01-01&to=2026-02-01');
    expect(body).toEqual({ metricId: 'met_P2P_Never', interval: 'day', series: [] });
  });

  it.each([
    ['?to=2026-03-01', 'from', 'bad_request'],
    ['?from=2026-03-01', 'to', 'bad_request'],
    ['?from=2026-03-01&to=2026-03-02&interval=year', 'interval', 'validation_error'],
    ['?from=2026-03-01&to=2026-03-02&tz=Mars/Olympus', 'tz', 'validation_error'],
    ['?from=2026-03-01&to=2026-03-02&tz=%2B05:30', 'tz', 'validation_error'],
    ['?from=2026-03-01&to=2026-03-02&fill=maybe', 'fill', 'validation_error'],
    ['?from=2026-03-03&to=2026-03-02', 'from', 'validation_error'],
    ['?from=2026-01-01&to=2026-01-08&interval=minute', 'interval', 'validation_error'],
    ['?from=0001-01-01&to=9999-12-31', 'interval', 'validation_error'],
  ])('refuses %s naming %s', async (search, field, code) => {
    const { status, body } = await stack.get(`${path}/series${search}`);
    expect([status, body]).toMatchObject([400, { error: { code, details: [{ field }] } }]);
  });

  it('says how many points a range would have', async () => {
    const { body } = await stack.get(`${path}/series?from=2026-01-01&to=2026-01-08&interval=minute`);
    expect(JSON.stringify(body)).toContain('11520');
  });

  it('lets nobody in without a key, without the permission, to a foreign organization or an unknown metric', async () => {
    const range = '/series?from=2026-03-01&to=2026-03-02';
    expect((await stack.app.inject(`${path}${range}`)).statusCode).toBe(401);
    expect((await stack.get(`${path}${range}`, 'k-ingest')).status).toBe(403);
    expect((await stack.get(`${path}${range}&orgCode=GLOBEX`)).status).toBe(404);
    const unknown = await stack.get(`/api/v1/metrics/met_P2P_Nope${range}`);
    expect([unknown.status, unknown.body]).toMatchObject([404, { error: { code: 'not_found' } }]);
    const ambiguous = await stack.get(`${path}${range}`, 'k-both');
    expect([ambiguous.status, ambiguous.body]).toMatchObject([400, { error: { details: [{ field: 'orgCode' }] } }]);
    expect((await series('?from=2026-03-01&to=2026-03-31&orgCode=GLOBEX', 'k-both')).series).toMatchObject([
      { count: 1 },
    ]);
  });
});

describe('GET /api/v1/metrics/{id}', () => {
  it('describes a metric with its figures of the last 30 days and by urgency', async () => {
    const { status, body } = await stack.get(path);
    expect(status).toBe(200);
    const details: MetricDetails = body;
    const recent = events.filter(({ at }) => at >= testNow - 30 * DAY);
    expect(details).toMatchObject({
      id: cycleTime.id,
      capabilityCode: 'P2P',
      metricType: 'CycleTime',
      displayName: 'Prior authorization time',
      unit: 'hours',
      slaTargets: { Expedited: 8, Urgent: 24, Standard: 72 },
      current: { count: recent.length },
    });
    const mean = recent.reduce((sum, { value }) => sum + value, 0) / recent.length;
    expect(details.current.avg).toBeCloseTo(mean, 8);
    expect(details.breakdown.map(({ value }) => value).sort()).toEqual(
      ['Expedited', 'Standard', 'Urgent', null].sort(),
    );
    const counted = details.breakdown.reduce((sum, { count }) => sum + count, 0);
    expect(counted).toBe(recent.length);
    const targeted = recent.filter(({ slaTarget }) => slaTarget !== undefined);
    const met = targeted.filter(({ value, slaTarget = 0 }) => value <= slaTarget);
    expect(details.current.compliance).toBe(Number((met.length / targeted.length).toFixed(4)));
    expect(details.breakdown.find(({ value }) => value === null)?.compliance).toBeNull();
  });

  it('describes a metric that was measured but never defined', async () => {
    expect((await stack.get('/api/v1/metrics/met_P2P_firstPassYield')).body).toMatchObject({
      capabilityCode: 'P2P',
      metricType: 'firstPassYield',
      unit: '',
      slaTargets: {},
      current: { avg: 0.5, compliance: null, count: 1 },
    });
  });

  it('describes a metric that was defined but never measured', async () => {
    expect((await stack.get('/api/v1/metrics/met_P2P_Never')).body).toMatchObject({
      id: 'met_P2P_Never',
      current: { avg: null, p95: null, compliance: null, count: 0 },
      breakdown: [],
    });
  });

  it('lets nobody in without a key, without the permission, to a foreign organization or an unknown metric', async () => {
    expect((await stack.app.inject(path)).statusCode).toBe(401);
    expect((await stack.get(path, 'k-ingest')).status).toBe(403);
    expect((await stack.get(`${path}?orgCode=GLOBEX`)).status).toBe(404);
    expect((await stack.get('/api/v1/metrics/met_X')).body).toMatchObject({ error: { code: 'not_found' } });
    expect((await stack.get(path, 'k-both')).body).toMatchObject({ error: { details: [{ field: 'orgCode' }] } });
  });
});
