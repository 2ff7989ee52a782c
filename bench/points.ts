import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClickHouse, createClickHouse } from '../platform/clickhouse.ts';
import { startClickHouse } from '../platform/embedded/clickhouse-server.ts';
import { createLog } from '../platform/log.ts';
import { migrateClickHouse } from '../platform/migrate/migrate-clickhouse.ts';
import { readMigrations } from '../platform/migrate/migration-files.ts';
import { createClickHouseSink } from '../processors/clickhouse-sink.ts';
import { RangePreparer } from '../processors/range-preparer.ts';
import type { RowSink } from '../processors/sink.ts';
import { metrics } from '../processors/streams/metrics.ts';
import { NO_EVENT_TIME } from '../processors/watermark.ts';
import { encodeMetricBatch } from '../schemas/telemetry/metric-batch-codec.ts';
import type { Figure } from './figures.ts';
import type { PartOptions } from './part.ts';
import { cpuMsOf, startCpuMeter } from './support/sampling.ts';

const goal = { atLeast: 100_000 };
const partitions = 2;
const seriesPerRecord = 500;
const pointsPerSeries = 4;
const recordsPerRange = 10;
const scrapeMs = 15_000;
const startAt = Date.now() - 10 * 86_400_000;
const pointsPerRange = recordsPerRange * seriesPerRecord * pointsPerSeries;

/** (k) Points of cumulative series through the sink: from records of the log to rows and rollups in ClickHouse, two partitions side by side. */
export async function benchPoints({ seconds, print }: PartOptions): Promise<Figure[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tidemark-bench-points-'));
  const server = await startClickHouse({ dataDir, log: createLog('clickhouse', 'silent') });
  const clickhouse = createClickHouse(server.writerUrl);
  try {
    await migrateClickHouse(
      clickhouse,
      await readMigrations(join(import.meta.dirname, '../sql/clickhouse/migrations')),
    );
    const stored = await storeFor(clickhouse, seconds);
    const perSecond = stored.points / stored.seconds;
    print(`${stored.points} points in ${stored.seconds.toFixed(1)} s`);
    return [
      { name: 'points.sink_per_second', value: perSecond, unit: 'points/s', goal },
      { name: 'points.sink_cpu_us', value: stored.sinkUs, unit: 'CPU us/point' },
      { name: 'points.clickhouse_cpu_us', value: stored.clickhouseUs, unit: 'CPU us/point' },
    ];
  } finally {
    await clickhouse.close();
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function storeFor(clickhouse: ClickHouse, seconds: number) {
  const sink = createClickHouseSink(clickhouse);
  const making = { us: 0 };
  const meter = startCpuMeter(process.pid);
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  const until = startedAt + seconds * 1_000;
  const ranges = await Promise.all(
    Array.from({ length: partitions }, (_, partition) => storeRanges({ sink, partition, until, making })),
  );
  const points = ranges.reduce((sum, count) => sum + count, 0) * pointsPerRange;
  return {
    points,
    seconds: (performance.now() - startedAt) / 1_000,
    sinkUs: (cpuUsSince(cpu) - making.us) / points,
    clickhouseUs: (cpuMsOf(meter.read(), 'embedded/clickhouse') * 1_000) / points,
  };
}

function cpuUsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

interface Storing {
  sink: RowSink;
  partition: number;
  until: number;
  /** CPU time of what a pipeline does elsewhere: making the records. */
  making: { us: number };
}

/** As a worker does: the next range is prepared while one is stored. */
async function storeRanges({ sink, partition, until, making }: Storing): Promise<number> {
  const where = { stream: metrics, fold: metrics.createFold(), topic: metrics.topic, partition, sink };
  let storing: Promise<void> = Promise.resolve();
  const preparer = new RangePreparer({ ...where, settled: () => storing, attempt: (work) => work() });
  let count = 0;
  for (; performance.now() < until; count++) {
    const before = process.cpuUsage();
    const records = createRecords(partition, count);
    making.us += cpuUsSince(before);
    const { rows } = await preparer.prepare(records, NO_EVENT_TIME);
    if (rows === undefined) throw new Error('a range without rows');
    await storing;
    storing = sink.insert(rows);
  }
  await storing;
  return count;
}

function createRecords(partition: number, range: number) {
  return Array.from({ length: recordsPerRange }, (_, record) => {
    const number = range * recordsPerRange + record;
    const receivedAt = Date.now();
    const series = Array.from({ length: seriesPerRecord }, (_, index) => createSeries(number, index));
    const value = encodeMetricBatch({
      ...{ tenant: `org_${partition}`, id: `batch-${partition}-${number}`, isRepeatable: true },
      ...{ receivedAt, retentionDays: 30, series },
    });
    return { offset: number, appendedAt: receivedAt, value };
  });
}

function createSeries(number: number, index: number) {
  const points = Array.from({ length: pointsPerSeries }, (_, point) => ({
    at: startAt + (number * pointsPerSeries + point) * scrapeMs,
    value: number * pointsPerSeries + point,
    startAt: 0,
  }));
  const labels = { instance: `10.0.0.${index % 50}:9100`, path: `/path/${index}`, code: '200' };
  const named = { service: `service-${index % 20}`, metric: 'http_requests_total', unit: '' };
  return {
    ...named,
    kind: 'cumulative' as const,
    labels,
    unrolled: index % 10 === 0 ? ['path'] : [],
    points,
    histograms: [],
  };
}
