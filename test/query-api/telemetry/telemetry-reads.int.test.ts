import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClickHouseSink } from '../../../processors/clickhouse-sink.ts';
import { deployments } from '../../../processors/streams/deployments.ts';
import { logs } from '../../../processors/streams/logs.ts';
import { metrics } from '../../../processors/streams/metrics.ts';
import type { MetricDetails, MetricList, Series } from '../../../schemas/api/metrics.ts';
import { TELEMETRY_LIMITS } from '../../../schemas/api/telemetry-limits.ts';
import type { DeploymentList, LogList } from '../../../schemas/api/telemetry-reads.ts';
import { encodeDeploymentBatch } from '../../../schemas/telemetry/deployment-batch-codec.ts';
import { encodeLogBatch } from '../../../schemas/telemetry/log-batch-codec.ts';
import { encodeMetricBatch } from '../../../schemas/telemetry/metric-batch-codec.ts';
import { acme, globex, type QueryStack, startQueryStack, testNow } from '../../support/query-stack.ts';
import { createStreamPartition } from '../../support/stored-streams.ts';
import {
  createDeploymentBatch,
  createLogBatch,
  createLogEvent,
  createMetricBatch,
  createMetricSeries,
} from '../../support/telemetry-batches.ts';

const minute = 60_000;
const fields = { retentionDays: 36_500, receivedAt: testNow };
const longest = ['s'.repeat(TELEMETRY_LIMITS.serviceLength), 'm'.repeat(TELEMETRY_LIMITS.metricNameLength)] as const;
const slashed = ['team/räte & co', 'http.server/duration%2F?#'] as const;
const isoOf = (at: number): string => new Date(at).toISOString();
let stack: QueryStack;

beforeAll(async () => {
  stack = await startQueryStack();
  const sink = createClickHouseSink(stack.writer);
  for (const [n, tenant] of [acme, globex].entries()) {
    const of = { ...fields, tenant: tenant.id };
    const events = Array.from({ length: 25 }, (_, index) =>
      createLogEvent({
        id: `${tenant.code}-${index}`,
        at: testNow - Math.floor(index / 3) * minute,
        level: index % 5 === 0 ? 'error' : 'info',
        message: index === 7 ? `Payment REFUSED by bank of ${tenant.code}` : `all is well (${index})`,
        traceId: index === 9 ? 'trace-9' : '',
      }),
    );
    await sink.insert(
      await createStreamPartition(sink, logs, { partition: n }).rows([encodeLogBatch(createLogBatch(events, of))]),
    );
    const points = [10, 20, 30].map((value, index) => ({ at: testNow - index * 1_000, value, startAt: 0 }));
    const series = createMetricSeries({ metric: 'latency', labels: { path: '/pay' }, points });
    const named = [longest, slashed].map(([service, metric]) => createMetricSeries({ service, metric, points }));
    const shadowed = createMetricSeries({ service: 'P2P', metric: 'CycleTime', points });
    await sink.insert(
      await createStreamPartition(sink, metrics, { partition: n }).rows([
        encodeMetricBatch(createMetricBatch([series, shadowed, ...named], of)),
      ]),
    );
    const deployed = createDeploymentBatch(of);
    const twice = deployed.deployments.flatMap((one) => [
      { ...one, at: testNow - minute },
      { ...one, id: 'second', at: testNow, version: '1.4.3', environment: 'staging', gitHash: '' },
    ]);
    await sink.insert(
      await createStreamPartition(sink, deployments, { partition: n }).rows([
        encodeDeploymentBatch({ ...deployed, deployments: twice }),
      ]),
    );
  }
});
afterAll(() => stack.close());

async function get<Body>(url: string, key?: string): Promise<Body> {
  const { status, body } = await stack.get(url, key);
  expect({ status, body: status === 200 ? undefined : body }).toEqual({ status: 200, body: undefined });
  return body as Body;
}
const logsOf = (query: string, key?: string) => get<LogList>(`/api/v1/logs?${query}`, key);

describe('GET /api/v1/logs', () => {
  it('goes through all events once, newest first, page by page', async () => {
    const seen: string[] = [];
    let cursor: string | null = '';
    for (let pages = 0; cursor !== null && pages < 10; pages++) {
      const page: LogList = await logsOf(`limit=4${cursor === '' ? '' : `&cursor=${cursor}`}`);
      seen.push(...page.data.map(({ id }) => id));
      cursor = page.meta.nextCursor;
    }
    expect(new Set(seen).size).toBe(25);
    expect(seen.slice(0, 3).sort()).toEqual(['ACME-0', 'ACME-1', 'ACME-2']);
    expect(seen.every((id) => id.startsWith('ACME'))).toBe(true);
  });

  it.each([
    ['level=error', 5],
    ['service=checkout&level=info&limit=1000', 20],
    ['service=nobody', 0],
    ['traceId=trace-9', 1],
    ['text=refused%20payment', 1],
    ['text=refus', 0],
    ['text=globex', 0],
    [`from=${isoOf(testNow - minute)}&to=${isoOf(testNow + 1)}`, 6],
    [`from=${isoOf(testNow - minute)}&to=${isoOf(testNow)}`, 3],
  ])('finds what %s selects', async (query, count) => {
    expect((await logsOf(query)).data).toHaveLength(count);
  });

  it('shows what was sent', async () => {
    const { data } = await logsOf('text=PAYMENT');
    expect(data).toEqual([
      {
        id: 'ACME-7',
        orgCode: 'ACME',
        service: 'checkout',
        level: 'info',
        message: 'Payment REFUSED by bank of ACME',
        timestamp: '2026-03-19T11:58:00Z',
        metadata: {},
      },
    ]);
  });

  it('refuses a cursor of another list, a made-up one, a text without a word and a foreign organization', async () => {
    const { meta } = await logsOf('limit=1');
    const statusOf = async (query: string) => (await stack.get(`/api/v1/logs?${query}`)).status;
    expect(await statusOf(`limit=1&level=error&cursor=${meta.nextCursor}`)).toBe(400);
    expect(await statusOf('cursor=abc.def')).toBe(400);
    expect(await statusOf('text=%2D%2D')).toBe(400);
    expect(await statusOf('level=loud')).toBe(400);
    expect(await statusOf('orgCode=GLOBEX')).toBe(404);
    expect((await stack.get('/api/v1/logs', 'k-ingest')).status).toBe(403);
    expect((await logsOf('', 'k-none')).data).toEqual([]);
    expect((await logsOf('limit=1000', 'k-both')).data).toHaveLength(50);
  });
});

describe('GET /api/v1/deployments', () => {
  it('lists them newest first, by service and environment, with a cursor', async () => {
    const first = await get<DeploymentList>('/api/v1/deployments?limit=1');
    expect(first.data).toMatchObject([{ id: 'second', version: '1.4.3', environment: 'staging', orgCode: 'ACME' }]);
    const next = await get<DeploymentList>(`/api/v1/deployments?limit=1&cursor=${first.meta.nextCursor}`);
    expect(next).toMatchObject({ data: [{ version: '1.4.2', gitHash: 'abc123' }], meta: { nextCursor: null } });
    const staged = await get<DeploymentList>('/api/v1/deployments?service=checkout&environment=staging');
    expect(staged.data).toHaveLength(1);
    expect((await get<DeploymentList>('/api/v1/deployments?service=nobody')).data).toEqual([]);
  });
});

describe('metrics of a service', () => {
  it('are listed with their log rates, whatever the range cuts', async () => {
    const { data } = await get<MetricList>('/api/v1/metrics?service=checkout');
    expect(data.map(({ service, metricType, count, sum }) => [service, metricType, count, sum])).toEqual([
      ['checkout', 'latency', 3, 60],
      ['checkout', 'logs.error', 5, 5],
      ['checkout', 'logs.info', 20, 20],
    ]);
    const cut = await get<MetricList>(
      `/api/v1/metrics?service=checkout&from=${isoOf(testNow - 1_500)}&to=${isoOf(testNow + 500)}`,
    );
    expect(cut.data.map(({ metricType, count, avg }) => [metricType, count, avg])).toEqual([
      ['latency', 2, 15],
      ['logs.error', 1, 1],
      ['logs.info', 2, 1],
    ]);
    const byPath = await get<MetricList>('/api/v1/metrics?service=checkout&metricType=latency&groupBy=path');
    expect(byPath.data).toMatchObject([{ dimensions: { path: '/pay' }, count: 3, p50: 20 }]);
    expect((await stack.get('/api/v1/metrics?service=checkout&capability=P2P')).status).toBe(400);
  });

  it('have details and series under met_<service>_<metric>', async () => {
    const details = await get<MetricDetails>('/api/v1/metrics/met_checkout_latency');
    expect(details).toMatchObject({
      service: 'checkout',
      metricType: 'latency',
      unit: 'ms',
      current: { count: 3, avg: 20 },
    });
    expect(await get<MetricDetails>('/api/v1/metrics/met_checkout_logs.error')).toMatchObject({ unit: '' });
    const range = `from=${isoOf(testNow - 60 * minute)}&to=${isoOf(testNow + minute)}&interval=hour`;
    const { series } = await get<Series>(`/api/v1/metrics/met_checkout_logs.error/series?${range}`);
    expect(series.map(({ count }) => count)).toEqual([4, 1]);
    expect((await stack.get('/api/v1/metrics/met_checkout_nothing')).status).toBe(404);
  });

  it('are found however long their names are, and whatever is in them', async () => {
    for (const [service, metric] of [longest, slashed]) {
      const id = encodeURIComponent(`met_${service}_${metric}`);
      expect(await get<MetricDetails>(`/api/v1/metrics/${id}`)).toMatchObject({ service, current: { count: 3 } });
      const query = new URLSearchParams({ service, metricType: metric });
      expect((await get<MetricList>(`/api/v1/metrics?${query}`)).data).toMatchObject([{ count: 3 }]);
    }
  });

  it('give way to a metric of a capability with the same id', async () => {
    const details = await get<MetricDetails>('/api/v1/metrics/met_P2P_CycleTime');
    expect(details).toMatchObject({ capabilityCode: 'P2P', current: { count: 0 } });
  });
});
