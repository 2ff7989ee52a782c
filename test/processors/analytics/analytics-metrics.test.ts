import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { createMemoryBroker } from '../../../platform/log-store/memory.ts';
import { exportAnalytics } from '../../../processors/analytics/analytics-metrics.ts';
import { statefulProcessors } from '../../../processors/analytics/registry.ts';
import { startAnalytics } from '../../../processors/analytics/runner.ts';
import { encodeEventBatch } from '../../../schemas/events/event-batch-codec.ts';
import { ANALYTICS_GROUP, TOPICS } from '../../../schemas/topics.ts';
import { silentLog } from '../../support/control-plane.ts';
import { createBatch, createEvent, testAt } from '../../support/event-batches.ts';
import { createMemorySnapshots } from '../../support/memory-snapshots.ts';
import { waitFor } from '../../support/processes.ts';

it('shows what each partition folded, left out and saved', async () => {
  const logStore = createMemoryBroker().open();
  const analytics = await startAnalytics({
    logStore,
    snapshots: createMemorySnapshots(),
    rows: { store: async () => undefined },
    processors: statefulProcessors,
    log: silentLog,
    limits: { snapshotMs: 1, flushMs: 1 },
    maxWaitMs: 1,
  });
  const registry = new Registry();
  exportAnalytics(registry, analytics);
  const batchAt = (at: number) =>
    encodeEventBatch(createBatch([], { clientIds: true, receivedAt: testAt, events: [createEvent(`e${at}`, { at })] }));
  const values = [batchAt(testAt), batchAt(testAt), batchAt(testAt - 3_600_001)];
  await logStore.append(TOPICS.events, 2, values);
  const isSaved = async () => (await logStore.committed(ANALYTICS_GROUP, TOPICS.events, 2))?.offset === values.length;
  await waitFor(isSaved, 5_000);
  const text = await registry.metrics();
  expect(text).toContain('tidemark_analytics_measurements_total{topic="tidemark.events.v1",partition="2"} 1');
  expect(text).toContain('tidemark_analytics_client_duplicates_total{topic="tidemark.events.v1",partition="2"} 1');
  expect(text).toContain('tidemark_analytics_late_events_total{topic="tidemark.events.v1",partition="2"} 1');
  expect(text).toContain('tidemark_analytics_refused_measurements_total{topic="tidemark.events.v1",partition="2"} 0');
  expect(text).toContain('tidemark_analytics_snapshot_age_seconds{topic="tidemark.events.v1",partition="2"} 0');
  expect(text).toMatch(/tidemark_analytics_snapshot_bytes\{topic="tidemark\.events\.v1",partition="2"\} [1-9]/);
  await analytics.stop();
});
