import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ClickHouse, createClickHouse } from '../../platform/clickhouse.ts';
import { createClickHouseSink } from '../../processors/clickhouse-sink.ts';
import { createShardedSink } from '../../processors/sharded-sink.ts';
import type { RangeRows, RowSink } from '../../processors/sink.ts';
import { readBuckets, readByDimension, readMeasured } from '../../query-api/measurements.ts';
import { readOrStop } from '../../query-api/store.ts';
import { type Analytics, rollupTables, startAnalytics } from '../support/analytics.ts';
import { createLoadBatch, testAt } from '../support/event-batches.ts';
import { type Shards, startShards } from '../support/shards.ts';
import { createRange } from '../support/stored-ranges.ts';

const hourMs = 3_600_000;
const partitions = 4;
const partitionTables = ['events', 'event_ids', ...rollupTables];

let shards: Shards;
let single: Analytics;
let sink: RowSink;

beforeAll(async () => {
  [shards, single] = await Promise.all([startShards(2), startAnalytics()]);
  sink = createShardedSink(shards.shards.map(({ own }) => createClickHouseSink(own)));
  const reference = createClickHouseSink(single.clickhouse);
  for (const range of ranges()) {
    await reference.insert(range);
    await sink.insert(range);
  }
});
afterAll(async () => {
  await shards?.stop();
  await single?.stop();
});

const confirm = async (): Promise<void> => undefined;

/** Ranges of every partition: each has a tenant of its own, and one tenant is on all of them. */
function* ranges(): Generator<RangeRows> {
  for (let number = 0; number < 2 * partitions; number++) {
    const partition = number % partitions;
    const at = testAt - number * 20 * 60_000;
    const own = createLoadBatch(number, { count: 500, tenant: `org_${partition}`, at });
    const shared = createLoadBatch(number + 100, { count: 500, tenant: 'org_everywhere', at });
    yield createRange([own, shared], { partition, first: number });
  }
}

const range = { from: testAt - 12 * hourMs, to: testAt + 2 * hourMs };
const selection = (tenant: string) => ({
  ...{ tenants: [tenant], capability: 'CAP0', metric: 'CycleTime', range },
  signal: new AbortController().signal,
});

const buckets = Array.from({ length: 14 }, (_, hour) => range.from + hour * hourMs).map((start) => ({
  start,
  date: '',
}));

/** Sums, exact percentiles and those of merged states, as the API reads them. */
async function readFigures(reader: ClickHouse, tenant: string) {
  const asked = selection(tenant);
  const query = `SELECT metric, subject, sum(m.count) AS n, quantilesBFloat16Merge(0.5, 0.9, 0.95, 0.99)(m.quantiles) AS q
    FROM measurements_1d AS m WHERE tenant IN {tenants:Array(String)} GROUP BY metric, subject ORDER BY metric, subject`;
  return {
    totals: await readMeasured(reader, { ...asked, capability: '', metric: '' }, 100),
    series: await readBuckets(reader, asked, buckets),
    channels: await readByDimension(reader, asked, { dimension: 'channel', limit: 100 }),
    sketches: await readOrStop<object>(reader, { query, params: { tenants: [tenant] } }),
  };
}

test.each(['org_0', 'org_3', 'org_everywhere'])(
  'reads through either shard equal those of a single server: %s',
  async (tenant) => {
    const reader = createClickHouse(single.readerUrl);
    const expected = await readFigures(reader, tenant);
    await reader.close();
    expect(expected.series.length).toBeGreaterThan(1);
    expect(expected.channels.length).toBe(3);
    for (const { all } of shards.shards) expect(rounded(await readFigures(all, tenant))).toEqual(rounded(expected));
  },
);

test('all of a partition is on one shard, and both have some', async () => {
  const found = await Promise.all(
    shards.shards.map(({ own }) =>
      own.select<{ partition: number }>('SELECT DISTINCT log_partition AS partition FROM events ORDER BY partition'),
    ),
  );
  expect(found.map((rows) => rows.map(({ partition }) => partition))).toEqual([
    [0, 2],
    [1, 3],
  ]);
});

test('a repeated token and a reconcile after rows and cells were lost change nothing, on each shard', async () => {
  const before = await countAll();
  for (const partition of [0, 1]) {
    const range = createRange([createLoadBatch(7, { count: 300, tenant: 'org_late', at: testAt })], { partition });
    const own = shards.shards[partition]?.own;
    await sink.insert(range);
    await sink.insert(range);
    await own?.command('DELETE FROM measurements_1m WHERE tenant = {tenant:String}', { tenant: 'org_late' });
    await own?.command('DELETE FROM events WHERE tenant = {tenant:String} AND log_index < 100', { tenant: 'org_late' });
    await sink.reconcile(range, confirm);
    await sink.reconcile(range, confirm);
  }
  const after = await countAll();
  for (const table of partitionTables.filter((name) => name !== 'event_ids'))
    expect((after[table] ?? 0) - (before[table] ?? 0), table).toBe(600);
});

test('the wall between tenants holds on every shard', async () => {
  const query = 'SELECT count() AS n FROM events WHERE tenant IN {tenants:Array(String)} OR 1';
  for (const { all } of shards.shards) {
    const rows = await readOrStop<{ n: number }>(all, { query, params: { tenants: ['org_0'] } });
    expect(rows).toEqual([{ n: 1_000 }]);
  }
});

/** What all shards hold: rows of raw events, measurements of rollups. */
async function countAll(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of partitionTables) {
    const isRaw = table === 'events' || table === 'event_ids';
    for (const { own } of shards.shards) {
      const [row] = await own.select<{ n: number }>(
        `SELECT ${isRaw ? 'count()' : 'sum(t.count)'} AS n FROM ${table} AS t`,
      );
      counts[table] = (counts[table] ?? 0) + (row?.n ?? 0);
    }
  }
  return counts;
}

/** The order of additions differs in the last digits. */
function rounded(rows: object): unknown {
  return JSON.parse(JSON.stringify(rows), (_key, value) =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(12)) : value,
  );
}
