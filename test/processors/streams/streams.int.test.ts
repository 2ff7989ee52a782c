import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { auditRollups } from '../../../processors/audit/audit.ts';
import { createClickHouseSink } from '../../../processors/clickhouse-sink.ts';
import type { RowSink } from '../../../processors/sink.ts';
import { alerts } from '../../../processors/streams/alerts.ts';
import { deployments } from '../../../processors/streams/deployments.ts';
import { edges } from '../../../processors/streams/edges.ts';
import { logs } from '../../../processors/streams/logs.ts';
import { metrics } from '../../../processors/streams/metrics.ts';
import { encodeAlertBatch } from '../../../schemas/telemetry/alert-batch-codec.ts';
import { encodeDeploymentBatch } from '../../../schemas/telemetry/deployment-batch-codec.ts';
import { encodeEdgeBatch } from '../../../schemas/telemetry/edge-batch-codec.ts';
import { encodeLogBatch } from '../../../schemas/telemetry/log-batch-codec.ts';
import type { MetricSeries } from '../../../schemas/telemetry/metric-batch.ts';
import { encodeMetricBatch } from '../../../schemas/telemetry/metric-batch-codec.ts';
import { type Analytics, rollupTables, startAnalytics } from '../../support/analytics.ts';
import { createStreamPartition } from '../../support/stored-streams.ts';
import {
  createAlertBatch,
  createDeploymentBatch,
  createEdgeBatch,
  createHistogram,
  createLogBatch,
  createLogEvent,
  createMetricBatch,
  createMetricSeries,
} from '../../support/telemetry-batches.ts';

let analytics: Analytics;
let sink: RowSink;
/** Ids and totals are kept for nine days after they were received. */
const now = Date.now();
const fields = { receivedAt: now, retentionDays: 30 };
const confirm = async (): Promise<void> => undefined;
const tables = ['points', 'logs', 'deployments', 'service_edges', 'alerts', 'batch_ids', 'series_totals'];

beforeAll(async () => {
  analytics = await startAnalytics();
  sink = createClickHouseSink(analytics.clickhouse);
});
afterAll(() => analytics.stop());
beforeEach(async () => {
  for (const table of [...tables, ...rollupTables]) await analytics.clickhouse.command(`TRUNCATE ${table}`);
});

const counter = (...values: number[]): MetricSeries =>
  createMetricSeries({
    metric: 'requests',
    kind: 'cumulative',
    labels: { path: '/pay' },
    points: values.map((value, index) => ({ at: now - 60_000 + value + index, value, startAt: 0 })),
  });
const record = (series: MetricSeries[], id = 'batch-1', isRepeatable = false): Uint8Array =>
  encodeMetricBatch(createMetricBatch(series, { ...fields, id, isRepeatable }));

async function measured(): Promise<(number | null)[]> {
  const rows = await analytics.clickhouse.select<{ measured: number | null }>(
    'SELECT measured FROM points ORDER BY log_offset, log_index',
  );
  return rows.map((row) => row.measured);
}

interface Cell {
  metric: string;
  count: number;
  sum: number;
  p95: number;
}

const cellsOf = (table: string): Promise<Cell[]> =>
  analytics.clickhouse.select<Cell>(
    `SELECT metric, sum(count) AS count, sum(sum) AS sum, quantilesBFloat16Merge(0.95)(quantiles)[1] AS p95
     FROM ${table} WHERE tenant = 'org_1' AND subject_kind = 'service' AND subject = 'checkout' GROUP BY metric ORDER BY metric`,
  );

async function expectSound(): Promise<void> {
  expect(await auditRollups(analytics.clickhouse, { pauseMs: 1 })).toMatchObject({ wrongCells: 0, unsettledCells: 0 });
}

it('counts what a total grew by, over ranges and processes, and all of it after a reset', async () => {
  const first = createStreamPartition(sink, metrics);
  await sink.insert(await first.rows([record([counter(10, 13)])]));
  await sink.insert(await first.rows([record([counter(15)])]));
  const second = createStreamPartition(sink, metrics, { first: 2 });
  await sink.insert(await second.rows([record([counter(21)]), record([counter(0, 4)])]));
  // The totals of 0 and 4 are older: their times are in order of their values, so they change nothing.
  expect(await measured()).toEqual([null, 3, 2, 6, null, null]);
  const reset = { ...counter(), points: [{ at: now, value: 4, startAt: 0 }] };
  await sink.insert(await second.rows([record([reset])]));
  expect((await measured()).at(-1)).toBe(4);
  expect(await cellsOf('measurements_1d')).toMatchObject([{ metric: 'requests', count: 4, sum: 15 }]);
  await expectSound();
});

it('keeps labels apart in rollups but for those that have too many values', async () => {
  const partition = createStreamPartition(sink, metrics);
  const gauge = (path: string, unrolled: string[]) =>
    createMetricSeries({ labels: { path, zone: 'a' }, unrolled, points: [{ at: now, value: 1, startAt: 0 }] });
  const series = [
    gauge('/one', []),
    gauge('/two', ['path']),
    gauge('/three', ['path']),
    gauge('/one', ['path', 'zone']),
  ];
  await sink.insert(await partition.rows([record(series)]));
  for (const table of ['measurements_by_dimensions_1h', 'measurements_by_dimensions_1d']) {
    const cells = await analytics.clickhouse.select(
      `SELECT dimensions, sum(count) AS count FROM ${table} GROUP BY dimensions ORDER BY dimensions['path'], count`,
    );
    expect(cells).toEqual([
      { dimensions: { path: '/one', zone: 'a' }, count: 1 },
      { dimensions: { path: '…', zone: '…' }, count: 1 },
      { dimensions: { path: '…', zone: 'a' }, count: 2 },
    ]);
  }
  await expectSound();
});

it('makes the same of a range whose rows were partly stored, and completes rollups, ids and totals', async () => {
  const { clickhouse } = analytics;
  const before = createStreamPartition(sink, metrics);
  await sink.insert(await before.rows([record([counter(10)])]));
  const rows = await before.rows([record([counter(12, 17)], 'batch-2', true), record([counter(30)], 'batch-3')]);
  await sink.insert(rows);
  await clickhouse.command('DELETE FROM points WHERE log_offset = 1 AND log_index = 1');
  for (const table of ['measurements_1m', 'measurements_1h', 'batch_ids'])
    await clickhouse.command(`TRUNCATE ${table}`);
  await clickhouse.command('DELETE FROM series_totals WHERE log_offset = 2');
  await sink.reconcile(rows, confirm);
  expect(await measured()).toEqual([null, 2, 5, 13]);
  expect(await clickhouse.select('SELECT DISTINCT batch_id AS id FROM batch_ids')).toEqual([{ id: 'batch-2' }]);
  const after = createStreamPartition(sink, metrics, { first: 3 });
  await sink.insert(await after.rows([record([counter(31)])]));
  expect((await measured()).at(-1)).toBe(1);
  await expectSound();
});

it('stores a repeated batch once, and a batch of another tenant or id', async () => {
  const partition = createStreamPartition(sink, metrics);
  const gauge = createMetricSeries({ points: [{ at: now, value: 7, startAt: 0 }] });
  await sink.insert(await partition.rows([record([gauge], 'a', true), record([gauge], 'a', true)]));
  const again = createStreamPartition(sink, metrics, { first: 2 });
  const { rows, duplicates } = await again.prepare([record([gauge, gauge], 'a', true)]);
  expect({ rows, duplicates }).toEqual({ rows: undefined, duplicates: 2 });
  await sink.insert(await again.rows([record([gauge], 'b', true)]));
  expect(await measured()).toEqual([7, 7]);
});

it('rolls a histogram up with its exact count and sum, its quantiles within their bucket', async () => {
  const partition = createStreamPartition(sink, metrics);
  const histogram = createHistogram({ at: now, counts: [300, 200, 100], sum: 7_500, max: null });
  const delta = createMetricSeries({ kind: 'delta', labels: { path: '/' }, histograms: [histogram] });
  const point = createMetricSeries({ kind: 'delta', points: [{ at: now, value: 1_000, startAt: 0 }] });
  await sink.insert(await partition.rows([record([delta, point])]));
  for (const table of ['measurements_1m', 'measurements_1d', 'measurements_by_dimensions_1h']) {
    const [cell] = await cellsOf(table);
    expect(cell).toMatchObject({ count: 601, sum: 8_500 });
  }
  const [minute] = await cellsOf('measurements_1m');
  expect(minute?.p95).toBeGreaterThanOrEqual(19.9);
  expect(minute?.p95).toBeLessThanOrEqual(20.1);
  await expectSound();
});

it('counts log events by level beside points of the same service, and repairs only cells of its own', async () => {
  const { clickhouse } = analytics;
  const ofLogs = createStreamPartition(sink, logs);
  const ofPoints = createStreamPartition(sink, metrics);
  const reserved = createMetricSeries({ metric: 'logs.error', points: [{ at: now, value: 9, startAt: 0 }] });
  const gauge = createMetricSeries({ points: [{ at: now, value: 7, startAt: 0 }] });
  await sink.insert(await ofPoints.rows([record([reserved, gauge])]));
  const events = [createLogEvent({ at: now }), createLogEvent({ at: now, level: 'info' }), createLogEvent({ at: now })];
  const rows = await ofLogs.rows([encodeLogBatch(createLogBatch(events, fields))]);
  await sink.insert(rows);
  await sink.reconcile(rows, confirm);
  await clickhouse.command("DELETE FROM measurements_1m WHERE metric = 'logs.info'");
  await sink.reconcile(rows, confirm);
  expect(await cellsOf('measurements_1m')).toEqual([
    { metric: 'latency', count: 1, sum: 7, p95: 7 },
    { metric: 'logs.error', count: 2, sum: 2, p95: 1 },
    { metric: 'logs.info', count: 1, sum: 1, p95: 1 },
  ]);
  await expectSound();
});

it('stores deployments, edges and alerts once however often a range is stored, and keeps what was resolved', async () => {
  const { clickhouse } = analytics;
  const [firing] = createAlertBatch().alerts;
  if (firing === undefined) throw new Error('no alert');
  const alertRecord = (status: 'firing' | 'resolved') =>
    encodeAlertBatch(createAlertBatch({ ...fields, alerts: [{ ...firing, status, startsAt: now }] }));
  const at = { at: now };
  const deployed = createDeploymentBatch(fields);
  const called = createEdgeBatch(fields);
  const ranges = [
    await createStreamPartition(sink, deployments).rows([
      encodeDeploymentBatch({ ...deployed, deployments: deployed.deployments.map((one) => ({ ...one, ...at })) }),
    ]),
    await createStreamPartition(sink, edges).rows([
      encodeEdgeBatch({ ...called, edges: called.edges.map((one) => ({ ...one, ...at })) }),
    ]),
    await createStreamPartition(sink, alerts).rows([alertRecord('resolved'), alertRecord('firing')]),
  ];
  for (const range of ranges) {
    await sink.insert(range);
    await sink.reconcile(range, confirm);
    await sink.reconcile(range, confirm);
  }
  expect(await clickhouse.select('SELECT service, version FROM deployments FINAL')).toEqual([
    { service: 'checkout', version: '1.4.2' },
  ]);
  expect(await clickhouse.select('SELECT caller, callee, calls FROM service_edges FINAL')).toEqual([
    { caller: 'web', callee: 'checkout', calls: 12 },
  ]);
  expect(await clickhouse.select('SELECT status, name FROM alerts FINAL')).toEqual([
    { status: 'resolved', name: 'HighLatency' },
  ]);
});
