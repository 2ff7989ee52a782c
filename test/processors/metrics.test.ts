import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { createLog } from '../../platform/log.ts';
import type { LogStore } from '../../platform/log-store/log-store.ts';
import { createMemoryBroker } from '../../platform/log-store/memory.ts';
import { followLag } from '../../processors/lag.ts';
import { createProcessorMetrics, exportStats, measureSink } from '../../processors/metrics.ts';
import { type Runner, startRunner } from '../../processors/runner.ts';
import { encodeEventBatch } from '../../schemas/events/event-batch-codec.ts';
import { TOPICS } from '../../schemas/topics.ts';
import { createBatch } from '../support/event-batches.ts';
import { readExposition, sampleOf } from '../support/exposition.ts';
import { MemorySink, positions } from '../support/memory-sink.ts';
import { waitFor } from '../support/processes.ts';

const deadlineMs = 5_000;
const receivedAt = createBatch(['any']).receivedAt;
const running: Runner[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((runner) => runner.stop(10)));
});

/** A measured runner whose clock stands 1.5 s after the receipt of every batch. */
async function startMeasured(change: (log: LogStore) => LogStore = (log) => log) {
  const broker = createMemoryBroker({ revokeTimeoutMs: 20 });
  const store = broker.open();
  const sink = new MemorySink();
  const registry = new Registry();
  const measured = createProcessorMetrics(registry);
  const start = async () => {
    const runner = await startRunner({
      logStore: followLag(change(broker.open()), registry),
      sink: measureSink(sink, measured, () => receivedAt + 1_500),
      processors: [positions],
      log: createLog('test', 'silent'),
      onDeadLetter: (reason) => measured.deadLetters.inc({ reason }),
      backoff: { minMs: 1, maxMs: 2 },
      maxWaitMs: 5,
    });
    running.push(runner);
    exportStats(registry, runner.stats);
    return runner;
  };
  const read = async (name: string, labels: Record<string, string> = {}) =>
    sampleOf(readExposition(await registry.metrics()), name, labels);
  const append = (values: readonly Uint8Array[], partition = 0) => store.append(TOPICS.events, partition, values);
  return { sink, start, read, append };
}

const lag = 'tidemark_consumer_lag_records';
const at = (partition: number) => ({ topic: TOPICS.events, partition: String(partition) });

describe('the metrics of the processors', () => {
  it('show what was stored, how large, and how long after its receipt', async () => {
    const { start, read, append } = await startMeasured();
    await append([createBatch(['a', 'b']), createBatch(['c'])].map(encodeEventBatch));
    await start();
    await waitFor(async () => (await read('tidemark_insert_rows_sum')) === 3, deadlineMs);
    expect(await read('tidemark_insert_duration_seconds_count', { operation: 'insert', result: 'stored' })).toBe(1);
    expect(await read('tidemark_end_to_end_latency_seconds_count')).toBe(2);
    expect(await read('tidemark_end_to_end_latency_seconds_sum')).toBe(3);
    await waitFor(async () => (await read('tidemark_inserts_total')) === 1, deadlineMs);
  });

  it('show failed attempts beside the repetition that succeeded', async () => {
    const { sink, start, read, append } = await startMeasured();
    sink.faults.push('lose_answer');
    await append([encodeEventBatch(createBatch(['a']))]);
    await start();
    const duration = 'tidemark_insert_duration_seconds_count';
    await waitFor(async () => (await read(duration, { operation: 'reconcile', result: 'stored' })) === 1, deadlineMs);
    expect(await read(duration, { operation: 'insert', result: 'failed' })).toBe(1);
    expect(await read('tidemark_store_retries_total')).toBe(1);
    expect(await read('tidemark_insert_rows_sum')).toBe(1);
  });

  it('count dead letters by reason', async () => {
    const { start, read, append } = await startMeasured();
    await append([Buffer.from('hello'), Buffer.from('again'), encodeEventBatch(createBatch(['a']))]);
    await start();
    await waitFor(async () => (await read('tidemark_insert_rows_sum')) === 1, deadlineMs);
    expect(await read('tidemark_dead_letters_total', { reason: 'not_single_object' })).toBe(2);
  });

  it('count the events that clients sent twice', async () => {
    const { start, read, append } = await startMeasured();
    const repeated = { ...createBatch(['a']), clientIds: true };
    await append([repeated, repeated].map(encodeEventBatch));
    await start();
    await waitFor(async () => (await read('tidemark_client_duplicates_total')) === 1, deadlineMs);
  });
});

describe('lag', () => {
  it('is what the log has beyond the committed position, per partition, and grows while the sink hangs', async () => {
    const { sink, start, read, append } = await startMeasured();
    await start();
    const batch = encodeEventBatch(createBatch(['a']));
    await append([batch, batch], 1);
    await waitFor(
      async () => (await read(lag, at(1))) === 0 && (await read('tidemark_inserts_total')) === 1,
      deadlineMs,
    );
    sink.faults.push('hang');
    await append([batch], 1);
    await waitFor(async () => sink.calls.length === 2, deadlineMs);
    await append([batch, batch, batch], 1);
    expect(await read(lag, at(1))).toBe(4);
    expect(await read(lag, at(0))).toBe(0);
  });

  it('is left out when the log cannot say where it ends', async () => {
    let isAway = false;
    const { start, read } = await startMeasured((log) => ({
      ...log,
      bounds: (topic, partition) => (isAway ? Promise.reject(new Error('away')) : log.bounds(topic, partition)),
    }));
    await start();
    await waitFor(async () => (await read(lag, at(0))) === 0, deadlineMs);
    isAway = true;
    expect(await read(lag, at(0))).toBeUndefined();
  });

  it('ends with the consumer', async () => {
    const { start, read } = await startMeasured();
    const runner = await start();
    await waitFor(async () => (await read(lag, at(0))) === 0, deadlineMs);
    await runner.stop(10);
    expect(await read(lag, at(0))).toBeUndefined();
  });
});
