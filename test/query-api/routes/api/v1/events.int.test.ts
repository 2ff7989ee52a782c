import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventList } from '../../../../../schemas/api/event-list.ts';
import {
  acme,
  globex,
  type QueryStack,
  startQueryStack,
  type TestEvent,
  testNow,
} from '../../../../support/query-stack.ts';

let stack: QueryStack;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const events: TestEvent[] = Array.from({ length: 400 }, (_, index) => ({
  tenant: index % 10 === 0 ? globex : acme,
  capability: index % 3 === 0 ? 'P2P' : 'CLAIMS',
  metric: index % 4 === 0 ? 'Volume' : 'CycleTime',
  at: testNow - 20 * DAY + Math.floor(index * 1.05 * HOUR) + (index % 7),
  value: index,
  dimensions: { urgency: index % 2 === 0 ? 'Urgent' : 'Standard' },
  correlationId: index % 5 === 0 ? `CASE-${index % 25}` : '',
  id: `evt_n${index}`,
}));
const ofAcme = events.filter(({ tenant }) => tenant === acme).toReversed();

beforeAll(async () => {
  stack = await startQueryStack();
  await stack.insert(events);
});
afterAll(() => stack.close());

const list = async (query = '', key?: string): Promise<EventList> => {
  const { status, body } = await stack.get(`/api/v1/events${query}`, key);
  expect(body, query).not.toHaveProperty('error');
  expect(status).toBe(200);
  return body;
};
const ids = ({ data }: EventList) => data.map(({ id }) => id);
const idsOf = (expected: readonly TestEvent[]) => expected.map(({ id }) => id);

describe('GET /api/v1/events', () => {
  it('lists the newest 25 with the documented fields, dimensions and the total', async () => {
    const { data, meta } = await list();
    expect(meta).toEqual({ page: 1, pageSize: 25, totalCount: 360 });
    expect(data.map(({ id }) => id)).toEqual(idsOf(ofAcme.slice(0, 25)));
    const withCase = ofAcme.find(({ correlationId }) => correlationId !== '');
    expect(data.find(({ id }) => id === withCase?.id)).toEqual({
      id: withCase?.id,
      orgCode: 'ACME',
      capabilityCode: withCase?.capability,
      metricType: withCase?.metric,
      value: withCase?.value,
      timestamp: new Date(withCase?.at ?? 0).toISOString().replace('.000Z', 'Z'),
      dimensions: withCase?.dimensions,
      correlationId: withCase?.correlationId,
    });
    expect(data[0]).not.toHaveProperty('correlationId', '');
  });

  it('pages through all of them without a gap or a repeat', async () => {
    const pages = await Promise.all([1, 2, 3, 4, 5].map((page) => list(`?page=${page}&pageSize=100`)));
    expect(pages.flatMap(ids)).toEqual(idsOf(ofAcme));
    expect(pages.map(({ meta }) => meta.totalCount)).toEqual([360, 360, 360, 360, 360]);
  });

  it('filters by capability under both names, metric type and correlation', async () => {
    const p2p = ofAcme.filter(({ capability }) => capability === 'P2P');
    expect((await list('?capability=P2P')).meta.totalCount).toBe(p2p.length);
    expect(ids(await list('?capabilityCode=P2P&pageSize=100'))).toEqual(idsOf(p2p.slice(0, 100)));
    const volume = p2p.filter(({ metric }) => metric === 'Volume');
    const both = await list('?capability=P2P&metricType=Volume&pageSize=100');
    expect([ids(both), both.meta.totalCount]).toEqual([idsOf(volume), volume.length]);
    const cases = ofAcme.filter(({ correlationId }) => correlationId === 'CASE-5');
    const found = await list('?correlationId=CASE-5&pageSize=5&page=2');
    expect([ids(found), found.meta.totalCount]).toEqual([idsOf(cases.slice(5, 10)), cases.length]);
    expect(await list('?metricType=Nope')).toEqual({ data: [], meta: { page: 1, pageSize: 25, totalCount: 0 } });
  });

  it('bounds exactly, to the millisecond, with the end exclusive', async () => {
    const [later, middle, earlier] = [ofAcme[3], ofAcme[7], ofAcme[40]];
    const query = `?pageSize=100&from=${new Date(earlier?.at ?? 0).toISOString()}&to=${new Date(later?.at ?? 0).toISOString()}`;
    const found = await list(query);
    expect(ids(found)).toEqual(idsOf(ofAcme.slice(4, 41)));
    expect(found.meta.totalCount).toBe(37);
    const justOne = new Date(middle?.at ?? 0).toISOString();
    expect((await list(`?from=${justOne}&to=${new Date((middle?.at ?? 0) + 1).toISOString()}`)).meta.totalCount).toBe(
      1,
    );
    expect((await list(`?from=${justOne}&to=${justOne}`)).meta.totalCount).toBe(0);
  });

  it('keeps the newest of a minute that the end of the range cuts', async () => {
    const at = Date.UTC(2026, 1, 1, 10, 30);
    const dense = Array.from({ length: 300 }, (_, index) => ({
      tenant: globex,
      capability: 'DENSE',
      metric: 'Volume',
      at: at + index * 200,
      value: index,
    }));
    await stack.insert(dense);
    const to = new Date(at + 59_900 - 30_000).toISOString();
    const { data, meta } = await list(`?orgCode=GLOBEX&capability=DENSE&pageSize=5&to=${to}`, 'k-both');
    expect(meta.totalCount).toBe(150);
    expect(data.map(({ value }) => value)).toEqual([149, 148, 147, 146, 145]);
  });

  it('spans the organizations of the credential, or the one it names by any of its ids', async () => {
    const all = await list('?pageSize=100&from=2026-03-01', 'k-both');
    expect(new Set(all.data.map(({ orgCode }) => orgCode))).toEqual(new Set(['ACME', 'GLOBEX']));
    for (const reference of ['GLOBEX', 'org_globex', 'globex', '18']) {
      const { data } = await list(`?orgCode=${reference}&from=2026-03-01`, 'k-both');
      expect(new Set(data.map(({ orgCode }) => orgCode))).toEqual(new Set(['GLOBEX']));
    }
    expect((await list('', 'k-none')).meta.totalCount).toBe(0);
  });

  it('is served below /v1 too', async () => {
    expect((await stack.get('/v1/events?pageSize=1')).body).toMatchObject({ meta: { totalCount: 360 } });
  });

  it.each([
    ['?page=0', 'page'],
    ['?pageSize=101', 'pageSize'],
    ['?pageSize=abc', 'pageSize'],
    ['?page=101&pageSize=100', 'page'],
    ['?from=2026-02-30', 'from'],
    ['?to=yesterday', 'to'],
    ['?from=2026-03-02&to=2026-03-01', 'from'],
    ['?capability=A&capabilityCode=B', 'capability'],
    ['?from=2026-03-01&from=2026-03-02', 'from'],
  ])('refuses %s naming %s', async (query, field) => {
    const { status, body } = await stack.get(`/api/v1/events${query}`);
    expect(status).toBe(400);
    expect(body).toMatchObject({ error: { code: 'validation_error', details: [{ field }] } });
  });

  it('lets nobody in without a key, with a key that may not query, or to a foreign organization', async () => {
    expect((await stack.app.inject('/api/v1/events')).json()).toMatchObject({ error: { code: 'unauthorized' } });
    expect((await stack.get('/api/v1/events', 'k-ingest')).status).toBe(403);
    const foreign = await stack.get('/api/v1/events?orgCode=GLOBEX');
    const unknown = await stack.get('/api/v1/events?orgCode=NOBODY');
    expect([foreign.status, foreign.body]).toEqual([404, unknown.body]);
  });
});
