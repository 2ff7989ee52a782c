import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ClickHouse } from '../../platform/clickhouse.ts';
import { StaleEpochError } from '../../platform/log-store/log-store.ts';
import { createClickHouseSink } from '../../processors/clickhouse-sink.ts';
import { MAX_ID_PARAMETERS, MAX_PARAMETER_CHARS } from '../../processors/find-earlier-ids.ts';
import { prepareRange } from '../../processors/prepare-range.ts';
import { processors } from '../../processors/registry.ts';
import { type RangeRows, type RowSink, SinkUnavailableError } from '../../processors/sink.ts';
import { createEventStream } from '../../processors/streams/events.ts';
import { NO_EVENT_TIME } from '../../processors/watermark.ts';
import type { EventBatch } from '../../schemas/events/event-batch.ts';
import { encodeEventBatch } from '../../schemas/events/event-batch-codec.ts';
import { type Analytics, rollupTables, startAnalytics, totalsOf } from '../support/analytics.ts';
import { createBatch, createEvent, createLoadBatch, testAt } from '../support/event-batches.ts';
import { waitFor } from '../support/processes.ts';

const day = 86_400_000;
/** Ids are kept for nine days after they were received. */
const receivedAt = Date.now();
const stream = createEventStream(processors);
let analytics: Analytics;
let sink: RowSink;

beforeAll(async () => {
  analytics = await startAnalytics();
  sink = createClickHouseSink(analytics.clickhouse);
});
afterAll(() => analytics.stop());

beforeEach(async () => {
  for (const table of ['events', 'event_ids', ...rollupTables]) await analytics.clickhouse.command(`TRUNCATE ${table}`);
});

/** The partition stays. */
const confirm = async (): Promise<void> => undefined;

let topics = 0;

/** A planned range of one record a batch; its token is unlike that of any other call. */
function createRange(batches: readonly EventBatch[], first = 0): RangeRows {
  const records = batches.map((batch, index) => ({
    offset: first + index,
    appendedAt: 0,
    value: encodeEventBatch(batch),
  }));
  const range = prepareRange({
    topic: `t${topics++}`,
    partition: 2,
    records,
    earlier: new Map(),
    eventTime: NO_EVENT_TIME,
    stream,
    fold: stream.createFold(),
  });
  if (range?.rows === undefined) throw new Error('a range without rows');
  return range.rows;
}

const load = (number: number, at = testAt) => createLoadBatch(number, { count: 1_000, tenant: 'org_acme', at });

async function expectRollupsToEqualRaw(count: number): Promise<void> {
  const raw = await totalsOf(analytics.clickhouse, 'events');
  expect(raw.count).toBe(count);
  for (const table of rollupTables) expect(await totalsOf(analytics.clickhouse, table), table).toEqual(raw);
}

describe('insert', () => {
  it('feeds every rollup with every event', async () => {
    await sink.insert(createRange([load(0), load(1, testAt + 3 * day)]));
    await sink.insert(createRange([load(2)], 2));
    await expectRollupsToEqualRaw(3_000);
  });

  it('stores a range once, in raw rows and in every rollup, however often it is sent', async () => {
    const range = createRange([load(0), load(1)]);
    for (let attempt = 0; attempt < 3; attempt++) await sink.insert(range);
    await sink.insert(createRange([load(2)], 2));
    await sink.insert(range);
    await expectRollupsToEqualRaw(3_000);
  });

  it('rolls up a dimension with too many values as one value', async () => {
    const dimensions = { region: 'North', order: '4711' };
    const events = ['a', 'b'].map((id) => createEvent(id, { dimensions, unrolled: ['order'] }));
    await sink.insert(createRange([createBatch([], { events })]));
    expect(
      await analytics.clickhouse.select(
        'SELECT dimensions, sum(count) AS n FROM measurements_by_dimensions_1h GROUP BY 1',
      ),
    ).toEqual([{ dimensions: { order: '…', region: 'North' }, n: 2 }]);
  });

  it('takes events of 150 different months in one range', async () => {
    const events = Array.from({ length: 150 }, (_, month) =>
      createEvent(`e${month}`, { at: Date.UTC(2000, month, 15), value: month }),
    );
    await sink.insert(createRange([createBatch([], { events, retentionDays: 36_500 })]));
    await expectRollupsToEqualRaw(150);
  });

  it('keeps quantiles within one percent through every level, zero and values below one included', async () => {
    const values = [0, ...Array.from({ length: 4_999 }, (_, index) => 1e-3 * 1.003 ** index)];
    const events = values.map((value, index) => createEvent(`e${index}`, { value, at: testAt + index * 1_000 }));
    for (let start = 0; start < events.length; start += 1_000) {
      await sink.insert(createRange([createBatch([], { events: events.slice(start, start + 1_000) })], start));
    }
    const levels = [0.5, 0.9, 0.95, 0.99];
    for (const table of rollupTables) {
      const [row] = await analytics.clickhouse.select<{ quantiles: number[] }>(
        `SELECT quantilesBFloat16Merge(${levels.join(', ')})(t.quantiles) AS quantiles FROM ${table} AS t`,
      );
      const errors = levels.map((level, n) =>
        relativeError(row?.quantiles[n] ?? 0, level * (values.length - 1), values),
      );
      expect(Math.max(...errors), table).toBeLessThan(0.008);
    }
  });

  it('says that it cannot store when the table refuses', async () => {
    const range = createRange([load(0)]);
    const blocks = range.blocks.map((block) => ({ ...block, table: 'absent' }));
    await expect(sink.insert({ ...range, blocks })).rejects.toThrow(SinkUnavailableError);
  });
});

describe('reconcile', () => {
  it('inserts a range of which nothing is there', async () => {
    await sink.reconcile(createRange([load(0)]), confirm);
    await expectRollupsToEqualRaw(1_000);
  });

  it('inserts rows that were lost though their token is remembered', async () => {
    const range = createRange([load(0)]);
    await sink.insert(range);
    await analytics.clickhouse.command('DELETE FROM events WHERE 1');
    await sink.reconcile(range, confirm);
    await expectRollupsToEqualRaw(1_000);
  });

  it('inserts what is missing of a range that is there in part', async () => {
    const range = createRange([load(0), load(1)]);
    await sink.insert(range);
    await analytics.clickhouse.command('DELETE FROM events WHERE log_offset = 1 OR log_index < 10');
    await sink.reconcile(range, confirm);
    await expectRollupsToEqualRaw(2_000);
    await sink.reconcile(range, confirm);
    await expectRollupsToEqualRaw(2_000);
  });

  it.each(rollupTables)('completes and corrects %s and what is fed by it', async (table) => {
    const range = createRange([load(0), load(1, testAt + day)]);
    await sink.insert(createRange([load(2, testAt + 1_000)], 5));
    await sink.insert(range);
    const { clickhouse } = analytics;
    await clickhouse.command(`DELETE FROM ${table} WHERE metric = 'Milestone'`);
    await clickhouse.command(`INSERT INTO ${table} SELECT * FROM ${table} WHERE subject = 'CAP2'`);
    await sink.reconcile(range, confirm);
    await expectRollupsToEqualRaw(3_000);
  });

  it('completes a range of which only one month was stored', async () => {
    const months = [load(0), load(1, testAt + 31 * day)];
    const range = createRange(months);
    await sink.insert({ ...createRange(months.slice(0, 1)), token: range.token });
    await sink.reconcile(range, confirm);
    await sink.insert(range);
    await expectRollupsToEqualRaw(2_000);
  });

  it('writes nothing when the partition has moved', async () => {
    const range = createRange([load(0)]);
    const { clickhouse } = analytics;
    const stale = () => Promise.reject(new StaleEpochError('moved'));
    await expect(sink.reconcile(range, stale)).rejects.toThrow(StaleEpochError);
    expect(await totalsOf(clickhouse, 'events')).toMatchObject({ count: 0 });
    await sink.insert(range);
    await clickhouse.command('DELETE FROM measurements_1m WHERE 1');
    await expect(sink.reconcile(range, stale)).rejects.toThrow(StaleEpochError);
    expect(await totalsOf(clickhouse, 'measurements_1m')).toMatchObject({ count: 0 });
  });

  it('mends a rollup only by statements that begin in time', async () => {
    const range = createRange([load(0)]);
    const { clickhouse } = analytics;
    await sink.insert(range);
    await clickhouse.command('INSERT INTO measurements_1d SELECT * FROM measurements_1d');
    const late = createClickHouseSink(withClock(clickhouse, -3_600)).reconcile(range, confirm);
    await expect(late).rejects.toThrow(SinkUnavailableError);
    expect(await totalsOf(clickhouse, 'measurements_1d')).toMatchObject({ count: 2_000 });
    await sink.reconcile(range, confirm);
    await expectRollupsToEqualRaw(1_000);
  });

  it('waits for a repair that still runs', async () => {
    const range = createRange([load(0)]);
    const { clickhouse } = analytics;
    const queryId = `${range.token}:org_acme:0:measurements_1m:INSERT`;
    const slow = clickhouse.command("INSERT INTO FUNCTION null('n UInt8') SELECT sleep(2)", {}, { queryId });
    await waitFor(async () => {
      const [row] = await clickhouse.select<{ n: number }>(
        'SELECT count() AS n FROM system.processes WHERE query_id = {queryId:String}',
        { queryId },
      );
      return row?.n === 1;
    }, 5_000);
    await expect(sink.reconcile(range, confirm)).rejects.toThrow(/still running/);
    await slow;
    await sink.reconcile(range, confirm);
    await expectRollupsToEqualRaw(1_000);
  });

  it('completes the ids given by clients', async () => {
    const range = createRange([createBatch(['a', 'b'], { clientIds: true, receivedAt })]);
    await sink.insert(range);
    await analytics.clickhouse.command(`DELETE FROM event_ids WHERE event_id = 'a'`);
    await sink.reconcile(range, confirm);
    await sink.reconcile(range, confirm);
    expect(await analytics.clickhouse.select('SELECT event_id FROM event_ids ORDER BY 1')).toEqual([
      { event_id: 'a' },
      { event_id: 'b' },
    ]);
  });
});

describe('findEarlierIds', () => {
  it('finds ids of the tenant and partition before the offset, received late enough', async () => {
    await sink.insert(createRange([createBatch(['a', 'b', "q'\\x"], { clientIds: true, receivedAt })], 5));
    const find = (partition: number, first: number, receivedFrom = receivedAt) =>
      sink.findEarlierIds(partition, first, [{ tenant: 'org_acme', ids: ['a', "q'\\x", 'z'], receivedFrom }]);
    expect(await find(2, 6)).toEqual(
      new Map([
        [
          'org_acme',
          new Map([
            ['a', receivedAt],
            ["q'\\x", receivedAt],
          ]),
        ],
      ]),
    );
    const nothing = new Map([['org_acme', new Map()]]);
    expect(await find(2, 5)).toEqual(nothing);
    expect(await find(1, 6)).toEqual(nothing);
    expect(await find(2, 6, receivedAt + 1)).toEqual(nothing);
  });

  it('takes more ids than one query holds', async () => {
    await sink.insert(createRange([createBatch(['wanted'], { clientIds: true, receivedAt })]));
    const count = Math.ceil((MAX_PARAMETER_CHARS * MAX_ID_PARAMETERS) / 100) + 10;
    const ids = Array.from({ length: count }, (_, index) => '😀'.repeat(45) + String(index).padStart(10, '0'));
    const found = await sink.findEarlierIds(2, 9, [{ tenant: 'org_acme', ids: [...ids, 'wanted'], receivedFrom: 0 }]);
    expect(found.get('org_acme')).toEqual(new Map([['wanted', receivedAt]]));
  });

  it('finds the ids of a backlog of 90,000 events among 20,000 stored ones at once', async () => {
    const idsFrom = (first: number, count: number) => Array.from({ length: count }, (_, n) => `many-${first + n}`);
    const batches = Array.from({ length: 20 }, (_, batch) =>
      createBatch(idsFrom(batch * 1_000, 1_000), { clientIds: true, receivedAt }),
    );
    await sink.insert(createRange(batches));
    const startedAt = performance.now();
    const lookups = [{ tenant: 'org_acme', ids: idsFrom(10_000, 90_000), receivedFrom: 0 }];
    const found = await sink.findEarlierIds(2, 1_000, lookups);
    expect([...(found.get('org_acme')?.keys() ?? [])].sort()).toEqual(idsFrom(10_000, 10_000).sort());
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });
});

/** A server whose clock was read so many seconds before the present. */
function withClock(clickhouse: ClickHouse, seconds: number): ClickHouse {
  return {
    ...clickhouse,
    async select<Row>(query: string, ...rest: [Record<string, unknown>?]) {
      const rows = await clickhouse.select<Row>(query, ...rest);
      return query.startsWith('SELECT toUnixTimestamp(now())')
        ? (rows as { now: number }[]).map(({ now }) => ({ now: now + seconds }) as Row)
        : rows;
    },
  };
}

/** Of an estimate of a quantile that lies between two values of a sorted list: to the nearer one. */
function relativeError(estimate: number, rank: number, values: readonly number[]): number {
  const neighbours = [values[Math.floor(rank)] ?? 0, values[Math.ceil(rank)] ?? 0];
  return Math.min(...neighbours.map((value) => Math.abs(estimate - value) / value));
}
