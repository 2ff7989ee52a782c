import { DUPLICATE_WINDOW_MS } from '../../processors/duplicates.ts';
import { metrics } from '../../processors/streams/metrics.ts';
import type { MetricPoint, MetricSeries } from '../../schemas/telemetry/metric-batch.ts';
import { decodeMetricBatch, encodeMetricBatch } from '../../schemas/telemetry/metric-batch-codec.ts';
import { TOPICS } from '../../schemas/topics.ts';
import { testAt } from '../support/event-batches.ts';
import { createMetricBatch, createMetricSeries } from '../support/telemetry-batches.ts';
import type { Random } from './random.ts';
import type { Workload } from './simulate.ts';
import type { EventRow } from './tables.ts';
import { type Appended, tenantsOf } from './workload.ts';

const day = 86_400_000;
const hour = 3_600_000;
const poisonShare = 0.03;
const repeatableShare = 0.4;
const names = ['requests', 'errors', 'latency'];

/** Totals that grow, fall and come out of order, gauges among them, and batches that come again. */
export const pointWorkload: Workload = {
  topic: TOPICS.metrics,
  streams: [metrics],
  rawTable: 'points',
  createValue,
  expect: expectedPoints,
  decode: decodeMetricBatch,
};

function createValue(random: Random, partition: number, number: number): Uint8Array {
  if (random.isHit(poisonShare)) return Buffer.from(`poison ${number}`);
  const isRepeatable = random.isHit(repeatableShare);
  const id = isRepeatable ? `batch-${random.between(0, 12)}` : `batch-${partition}-${number}`;
  const series = Array.from({ length: random.between(1, 3) }, () => createSeries(random, number));
  const receivedAt = testAt + number * hour;
  const of = { tenant: random.pick(tenantsOf(partition)), id, isRepeatable, receivedAt, retentionDays: 36_500 };
  return encodeMetricBatch(createMetricBatch(series, of));
}

function createSeries(random: Random, number: number): MetricSeries {
  const metric = random.pick(names);
  const points = Array.from({ length: random.between(1, 3) }, () => ({
    at: testAt + number * 1_000 + random.pick([0, 20_000, 61_000, -500]),
    value: random.between(0, 40),
    startAt: 0,
  }));
  return createMetricSeries({ metric, kind: metric === 'latency' ? 'gauge' : 'cumulative', points });
}

interface Known {
  at: number;
  value: number;
  receivedAt: number;
}

/** What must be stored, said without the code under test. */
function expectedPoints(appended: readonly Appended[]): EventRow[] {
  const seen = new Map<string, number>();
  const known = new Map<string, Known>();
  const inOrder = [...appended].sort((a, b) => a.partition - b.partition || a.offset - b.offset);
  return inOrder.flatMap(({ partition, offset, value }) => {
    const batch = decodeMetricBatch(value);
    if (typeof batch === 'string') return [];
    const { tenant, id, receivedAt, isRepeatable } = batch;
    const name = `${partition} ${tenant} ${id}`;
    const before = isRepeatable ? seen.get(name) : undefined;
    if (before !== undefined && receivedAt - before <= DUPLICATE_WINDOW_MS) return [];
    if (isRepeatable) seen.set(name, receivedAt);
    const record = { tenant, partition, offset, receivedAt, clientId: isRepeatable, eventId: id };
    return batch.series
      .flatMap((series) => series.points.map((point) => ({ series, point })))
      .map(({ series, point }, index) => toRow(known, { series, point, record: { ...record, index } }));
  });
}

type Record = Pick<EventRow, 'tenant' | 'partition' | 'offset' | 'receivedAt' | 'clientId' | 'eventId' | 'index'>;

function toRow(
  known: Map<string, Known>,
  { series, point, record }: { series: MetricSeries; point: MetricPoint; record: Record },
): EventRow {
  const { at, value, startAt } = point;
  const { service: capability, metric } = series;
  const row = { ...record, capability, metric, at, value, dimensions: {}, unrolled: [], slaTarget: null };
  if (series.kind === 'gauge') return { ...row, measured: value };
  const name = `${record.partition} ${record.tenant} ${metric}`;
  const found = known.get(name);
  const last = found !== undefined && record.receivedAt - found.receivedAt <= day ? found : undefined;
  if (last !== undefined && at <= last.at) return { ...row, measured: null };
  known.set(name, { at, value, receivedAt: record.receivedAt });
  const growth = last === undefined ? null : value < last.value ? value : value - last.value;
  return { ...row, measured: growth, total: { series: 0, value, at, startAt } };
}
