import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMemoryBroker } from '../../../platform/log-store/memory.ts';
import { statefulProcessors } from '../../../processors/analytics/registry.ts';
import { createClickHouseRows } from '../../../processors/analytics/row-store.ts';
import { startAnalytics } from '../../../processors/analytics/runner.ts';
import { createPostgresSnapshots } from '../../../processors/snapshots/postgres-snapshots.ts';
import type { EventBatch } from '../../../schemas/events/event-batch.ts';
import { encodeEventBatch } from '../../../schemas/events/event-batch-codec.ts';
import { ANALYTICS_GROUP, TOPICS } from '../../../schemas/topics.ts';
import { type Analytics as Store, startAnalytics as startStore } from '../../support/analytics.ts';
import { type ControlPlane, silentLog, startControlPlane } from '../../support/control-plane.ts';
import { createBatch, createEvent, testAt } from '../../support/event-batches.ts';
import { waitFor } from '../../support/processes.ts';
import { expectedRolled } from '../../support/rolled.ts';
import { readRolled } from '../../support/rolling-rows.ts';

let store: Store;
let plane: ControlPlane;

beforeAll(async () => {
  [store, plane] = await Promise.all([startStore(), startControlPlane()]);
});
afterAll(async () => {
  await Promise.all([store.stop(), plane.close()]);
});

const minute = 60_000;

/** Two tenants; every fifth batch is half an hour late, every seventh comes again. */
function createBatches(count: number): EventBatch[] {
  const batches = Array.from({ length: count }, (_, number) => {
    const repeated = number % 7 === 6 ? number - 3 : number;
    const receivedAt = testAt + repeated * minute;
    const at = receivedAt - (repeated % 5 === 4 ? 30 * minute : 0);
    const events = [0, 1, 2].map((index) =>
      createEvent(`e${repeated}-${index}`, { metric: `m${index}`, at, value: (repeated * 7 + index) % 50 }),
    );
    return createBatch([], { tenant: `org_${repeated % 2}`, clientIds: true, receivedAt, events });
  });
  // What is late is told with the next minute: let it come.
  const receivedAt = testAt + (count + 1) * minute;
  const last = [0, 1].map((tenant) =>
    createBatch([], { tenant: `org_${tenant}`, receivedAt, events: [createEvent('last', { at: receivedAt })] }),
  );
  return [...batches, ...last];
}

it('stores the percentiles of all events, through restarts, while PostgreSQL and ClickHouse come and go', async () => {
  const broker = createMemoryBroker();
  const logStore = broker.open();
  const start = () =>
    startAnalytics({
      logStore: broker.open(),
      snapshots: createPostgresSnapshots(plane.sql),
      rows: createClickHouseRows(store.clickhouse),
      processors: statefulProcessors,
      log: silentLog,
      limits: { snapshotMs: 50, flushMs: 10 },
      backoff: { minMs: 20, maxMs: 100 },
      maxWaitMs: 5,
    });
  const batches = createBatches(118);
  const append = async (from: number, to: number) => {
    for (const batch of batches.slice(from, to)) await logStore.append(TOPICS.events, 1, [encodeEventBatch(batch)]);
  };
  const isSaved = (offset: number) => async () =>
    (await logStore.committed(ANALYTICS_GROUP, TOPICS.events, 1))?.offset === offset;

  let analytics = await start();
  await append(0, 40);
  await waitFor(isSaved(40), 20_000);
  await plane.stop();
  await append(40, 60);
  await plane.startAgain();
  await waitFor(isSaved(60), 20_000);
  await append(60, 80);
  await analytics.stop();

  analytics = await start();
  await append(80, 100);
  await store.killAndRestart();
  await append(100, 120);
  await waitFor(isSaved(120), 20_000);
  await analytics.stop();

  const rolled = await readRolled(store.clickhouse);
  expect(rolled.size).toBeGreaterThan(1_000);
  expect(rolled).toEqual(expectedRolled(batches));
});
