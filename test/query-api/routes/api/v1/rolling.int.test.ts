import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MetricDetails } from '../../../../../schemas/api/metrics.ts';
import type { Rolling } from '../../../../../schemas/api/rolling.ts';
import { acme, globex, type QueryStack, startQueryStack, testNow } from '../../../../support/query-stack.ts';

let stack: QueryStack;
const minute = 60_000;
const hour = 60 * minute;
const path = '/api/v1/metrics/met_P2P_CycleTime';
const seconds = (at: number) => Math.floor(at / 1000);
const stamp = (at: number) => new Date(at).toISOString().replace('.000', '');

interface Told {
  tenant?: string;
  window?: string;
  at: number;
  count: number;
  p50?: number;
  revision?: number;
}

/** Rows as processors store them: told again under a larger revision, and any of them twice. */
async function tell(rows: readonly Told[]): Promise<void> {
  const values = rows.map(({ tenant = acme.id, window = '1h', at, count, p50 = 1, revision = 0 }) => {
    const expiresAt = 2 ** 32 - 1;
    const start = seconds(at - hour);
    return `('${tenant}', 'capability', 'P2P', 'CycleTime', '${window}', ${seconds(at)}, ${start}, ${count}, ${p50}, 2, 3, 4, ${revision}, ${expiresAt}, 0)`;
  });
  for (let copies = 0; copies < 2; copies++) {
    await stack.writer.command(`INSERT INTO rolling_percentiles VALUES ${values.join(', ')}`);
  }
}

beforeAll(async () => {
  stack = await startQueryStack();
  await tell([
    { at: testNow - 10 * minute, count: 1 },
    { at: testNow - 5 * minute, count: 2, p50: 7 },
    { at: testNow - 5 * minute, count: 3, p50: 8, revision: 1 },
    { at: testNow - 3 * minute, count: 0, p50: 0 },
    { at: testNow - 4 * minute, count: 9, window: '5m' },
    { at: testNow - minute, count: 99, tenant: globex.id },
  ]);
});
afterAll(() => stack.close());

const rolling = async (search: string, key?: string): Promise<Rolling> => {
  const { status, body } = await stack.get(`${path}/rolling${search}`, key);
  expect(body, search).not.toHaveProperty('error');
  expect(status).toBe(200);
  return body;
};

const point = (at: number, count: number, p50: number) => ({
  ...{ at: stamp(at), from: stamp(at - hour), count, p50, p90: 2, p95: 3, p99: 4, revision: 0 },
});
const wholeDay = 'from=2026-03-19&to=2026-03-19';

describe('GET /api/v1/metrics/{id}/rolling', () => {
  it('answers each minute at which the window changed, as it was told last', async () => {
    const { metricId, window, points, meta } = await rolling(`?from=${stamp(testNow - hour)}&to=${stamp(testNow)}`);
    expect([metricId, window, meta.truncated]).toEqual(['met_P2P_CycleTime', '1h', false]);
    expect(points).toEqual([
      point(testNow - 10 * minute, 1, 1),
      { ...point(testNow - 5 * minute, 3, 8), revision: 1 },
      { ...point(testNow - 3 * minute, 0, 0), p50: null, p90: null, p95: null, p99: null },
    ]);
  });

  it('begins with the point that held when the range began, and ends before the range ends', async () => {
    const found = await rolling(`?window=1h&from=${stamp(testNow - 7 * minute)}&to=${stamp(testNow - 3 * minute)}`);
    expect(found.points.map(({ count }) => count)).toEqual([1, 3]);
  });

  it('answers the last day, or the one before an end, where no range is said', async () => {
    const last = await rolling('?window=1h');
    expect(last.points.map(({ count }) => count)).toEqual([1, 3, 0]);
    expect(last.meta).toMatchObject({ from: stamp(testNow - 24 * hour), to: stamp(testNow) });
    const before = await rolling(`?to=${stamp(testNow - 4 * minute)}`);
    expect(before.points.map(({ count }) => count)).toEqual([1, 3]);
    expect(before.meta.from).toBe(stamp(testNow - 4 * minute - 24 * hour));
    expect((await rolling(`?from=${stamp(testNow - 4 * minute)}`)).points.map(({ count }) => count)).toEqual([3, 0]);
    expect((await stack.get(`${path}/rolling?to=yesterday`)).status).toBe(400);
  });

  it('answers nothing where nothing was told', async () => {
    expect((await rolling(`?window=24h&${wholeDay}`)).points).toEqual([]);
  });

  it('refuses other windows, reversed ranges, and whoever may not read', async () => {
    expect((await stack.get(`${path}/rolling?window=2h&${wholeDay}`)).status).toBe(400);
    expect((await stack.get(`${path}/rolling?from=2026-03-02&to=2026-03-01`)).status).toBe(400);
    expect((await stack.app.inject(`${path}/rolling?${wholeDay}`)).statusCode).toBe(401);
    expect((await stack.get(`${path}/rolling?${wholeDay}`, 'k-ingest')).status).toBe(403);
    expect((await stack.get(`${path}/rolling?orgCode=GLOBEX&${wholeDay}`)).status).toBe(404);
    expect((await stack.get(`/api/v1/metrics/met_X/rolling?${wholeDay}`)).status).toBe(404);
  });
});

it('GET /api/v1/metrics/{id} shows the newest closed window of each length', async () => {
  const { status, body } = await stack.get(path);
  expect(status).toBe(200);
  const { current } = body as MetricDetails;
  expect(current.rolling).toEqual({
    '5m': point(testNow - 4 * minute, 9, 1),
    '1h': { ...point(testNow - 3 * minute, 0, 0), p50: null, p90: null, p95: null, p99: null },
    '24h': null,
  });
});
