import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { createLog } from '../../platform/log.ts';
import { createMemoryBroker } from '../../platform/log-store/memory.ts';
import { exportStats } from '../../processors/metrics.ts';
import { startRunner } from '../../processors/runner.ts';
import { LATENESS_GRACE_MS } from '../../processors/watermark.ts';
import { encodeEventBatch } from '../../schemas/events/event-batch-codec.ts';
import { TOPICS } from '../../schemas/topics.ts';
import { createBatch, createEvent, testAt } from '../support/event-batches.ts';
import { readExposition, sampleOf } from '../support/exposition.ts';
import { MemorySink, positions } from '../support/memory-sink.ts';
import { waitFor } from '../support/processes.ts';

const deadlineMs = 5_000;
const tooLate = testAt - LATENESS_GRACE_MS - 1;

/** One record of the log with an event at that time. */
const record = (id: string, at: number): Uint8Array =>
  encodeEventBatch(createBatch([], { clientIds: true, events: [createEvent(id, { at })] }));

it('counts late events once through repeats of clients, lost answers, crashes and restarts', async () => {
  const broker = createMemoryBroker({ revokeTimeoutMs: 20 });
  const sink = new MemorySink();
  const log = broker.open();
  const start = async () => {
    const registry = new Registry();
    const backoff = { minMs: 1, maxMs: 2 };
    const options = { logStore: broker.open(), sink, processors: [positions], log: createLog('test', 'silent') };
    const runner = await startRunner({ ...options, backoff, maxWaitMs: 5 });
    exportStats(registry, runner.stats);
    const late = async (partition: number) =>
      sampleOf(readExposition(await registry.metrics()), 'tidemark_late_events_total', {
        topic: TOPICS.events,
        partition: `${partition}`,
      });
    return { runner, late };
  };
  const append = (values: Uint8Array[], partition = 0) => log.append(TOPICS.events, partition, values);

  await append([record('a', testAt), record('b', tooLate), record('b', tooLate), record('c', tooLate + 1)]);
  await append([record('d', tooLate)], 1); // Nothing came before it.
  sink.faults.push('lose_answer');
  const first = await start();
  await waitFor(async () => (await first.late(0)) === 1 && (await first.late(1)) === 0, deadlineMs);

  sink.faults.push('store_and_hang');
  const calls = sink.calls.length;
  await append([record('e', tooLate), record('f', tooLate)]);
  await waitFor(() => sink.calls.length > calls, deadlineMs);
  expect(await first.late(0)).toBe(1);
  await first.runner.stop(1);

  const second = await start();
  await waitFor(async () => (await second.late(0)) === 3, deadlineMs);
  await second.runner.stop();
  const third = await start();
  await waitFor(async () => (await third.late(0)) === 3 && (await third.late(1)) === 0, deadlineMs);
  await third.runner.stop();
  expect(sink.ids).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
});
