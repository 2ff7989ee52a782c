import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMemoryBroker } from '../../platform/log-store/memory.ts';
import { createClickHouseSink } from '../../processors/clickhouse-sink.ts';
import { fileDeadLetters } from '../../processors/file-dead-letters.ts';
import { processors } from '../../processors/registry.ts';
import { startRunner } from '../../processors/runner.ts';
import { encodeEventBatch } from '../../schemas/events/event-batch-codec.ts';
import { PROCESSORS_GROUP, TOPICS } from '../../schemas/topics.ts';
import { type Analytics, startAnalytics, totalsOf } from '../support/analytics.ts';
import { type ControlPlane, silentLog, startControlPlane } from '../support/control-plane.ts';
import { createLoadBatch, testAt } from '../support/event-batches.ts';
import { createPoison } from '../support/poison.ts';
import { waitFor } from '../support/processes.ts';

let analytics: Analytics;
let control: ControlPlane;

beforeAll(async () => {
  [analytics, control] = await Promise.all([startAnalytics(), startControlPlane()]);
});
afterAll(() => Promise.all([analytics.stop(), control.close()]));

it('sets exactly the unreadable records of every kind aside and stores every event around them', async () => {
  const logStore = createMemoryBroker().open();
  const kinds = Object.entries(createPoison());
  expect(kinds).toHaveLength(8);
  const records = kinds.flatMap(([, poison], index) => [goodBatch(2 * index), poison, goodBatch(2 * index + 1)]);
  const offsets = await logStore.append(TOPICS.events, 0, records);
  const filing = await fileDeadLetters({ logStore, sql: control.sql, log: silentLog });
  const sink = createClickHouseSink(analytics.clickhouse);
  const runner = await startRunner({ logStore, sink, processors, log: silentLog, maxWaitMs: 5, maxBatchBytes: 20_000 });

  await waitFor(async () => {
    const committed = await logStore.committed(PROCESSORS_GROUP, TOPICS.events, 0);
    const [filed] = await control.sql<{ count: number }[]>`SELECT count(*)::integer AS count FROM dead_letters`;
    return committed?.offset === records.length && filed?.count === kinds.length;
  }, 30_000);
  await Promise.all([runner.stop(), filing.stop()]);
  await logStore.close();

  const letters = await control.sql<{ offset: string; reason: string; value: Buffer }[]>`
    SELECT log_offset AS offset, reason, value FROM dead_letters ORDER BY log_offset`;
  expect(letters.map(({ offset }) => Number(offset))).toEqual(kinds.map((_, index) => offsets[3 * index + 1]));
  expect(letters.map(({ value }) => value.toString('hex'))).toEqual(
    kinds.map(([, poison]) => Buffer.from(poison).toString('hex')),
  );
  expect(Object.fromEntries(kinds.map(([kind], index) => [kind, letters[index]?.reason]))).toEqual({
    empty: 'not_single_object',
    'random bytes': 'not_single_object',
    'wrong magic': 'not_single_object',
    'unknown fingerprint': 'unknown_schema',
    truncated: 'truncated',
    'trailing bytes': 'trailing_bytes',
    'huge count': 'malformed',
    'JSON text': 'not_single_object',
  });
  expect((await totalsOf(analytics.clickhouse, 'events')).count).toBe(2 * kinds.length * 100);
});

const goodBatch = (number: number) =>
  encodeEventBatch(createLoadBatch(number, { count: 100, tenant: 'org_acme', at: testAt }));
