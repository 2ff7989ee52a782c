import { afterEach, describe, expect, it } from 'vitest';
import { createLog } from '../../platform/log.ts';
import type { LogStore } from '../../platform/log-store/log-store.ts';
import { createMemoryBroker, type MemoryBroker } from '../../platform/log-store/memory.ts';
import { MAX_POISON, MAX_POISON_IN_A_ROW, PoisonFloodError } from '../../processors/poison-limits.ts';
import { decodeProgress, encodeProgress, PlanMismatchError } from '../../processors/progress.ts';
import { type Runner, type RunnerOptions, startRunner } from '../../processors/runner.ts';
import { NO_EVENT_TIME } from '../../processors/watermark.ts';
import type { EventBatch } from '../../schemas/events/event-batch.ts';
import { encodeEventBatch } from '../../schemas/events/event-batch-codec.ts';
import { PROCESSORS_GROUP, TOPICS } from '../../schemas/topics.ts';
import { createBatch, testAt } from '../support/event-batches.ts';
import { dayMs, MemorySink, positions } from '../support/memory-sink.ts';
import { waitFor } from '../support/processes.ts';

const log = createLog('test', 'silent');
const deadlineMs = 5_000;
const running: Runner[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((runner) => runner.stop(10)));
});

interface World {
  broker: MemoryBroker;
  store: LogStore;
  sink: MemorySink;
}

function createWorld(): World {
  const broker = createMemoryBroker({ revokeTimeoutMs: 20 });
  return { broker, store: broker.open(), sink: new MemorySink() };
}

async function run({ broker, sink }: World, options: Partial<RunnerOptions> = {}): Promise<Runner> {
  const limits = { backoff: { minMs: 1, maxMs: 2 }, maxWaitMs: 5 };
  const runner = await startRunner({
    logStore: broker.open(),
    sink,
    processors: [positions],
    log,
    ...limits,
    ...options,
  });
  running.push(runner);
  return runner;
}

const append = ({ store }: World, batches: EventBatch[], partition = 0) =>
  store.append(TOPICS.events, partition, batches.map(encodeEventBatch));

const committed = ({ store }: World, partition = 0) => store.committed(PROCESSORS_GROUP, TOPICS.events, partition);

const isAt = (world: World, offset: number, partition = 0) =>
  waitFor(async () => {
    const commit = await committed(world, partition);
    return commit?.offset === offset && decodeProgress(commit.metadata).plan === undefined;
  }, deadlineMs);

describe('runner', () => {
  it('stores every event of every partition once and advances behind it', async () => {
    const world = createWorld();
    await append(world, [createBatch(['a', 'b']), createBatch(['c'])]);
    await append(world, [createBatch(['d'])], 3);
    await run(world);
    await isAt(world, 2);
    await isAt(world, 1, 3);
    await append(world, [createBatch(['e'])]);
    await isAt(world, 3);
    expect(world.sink.ids).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(world.sink.calls).toContain(`insert ${TOPICS.events}:0:0-1`);
  });

  it('plans the range before it inserts it', async () => {
    const world = createWorld();
    world.sink.faults.push('hang');
    await append(world, [createBatch(['a']), createBatch(['b', 'c'])]);
    await run(world);
    await waitFor(() => world.sink.calls.length === 1, deadlineMs);
    const commit = await committed(world);
    expect(commit?.offset).toBe(0);
    expect(decodeProgress(commit?.metadata ?? '').plan).toMatchObject({ end: 1, rows: 3 });
  });

  it.each([
    ['between plan and insert', 'hang'],
    ['between insert and advance', 'store_and_hang'],
  ] as const)('stores everything once after a crash %s', async (_when, fault) => {
    const world = createWorld();
    world.sink.faults.push(fault);
    await append(world, [createBatch(['a']), createBatch(['b', 'c'])]);
    const crashed = await run(world);
    await waitFor(() => world.sink.calls.length === 1, deadlineMs);
    await append(world, [createBatch(['d'])]);
    await crashed.stop(1);
    await run(world);
    await isAt(world, 3);
    expect(world.sink.ids).toEqual(['a', 'b', 'c', 'd']);
    expect(world.sink.calls.slice(0, 2)).toEqual([`insert ${TOPICS.events}:0:0-1`, `reconcile ${TOPICS.events}:0:0-1`]);
  });

  it('stores everything once when the answer of an insert is lost', async () => {
    const world = createWorld();
    world.sink.faults.push('lose_answer', 'lose_answer');
    await append(world, [createBatch(['a', 'b'])]);
    await run(world);
    await isAt(world, 1);
    expect(world.sink.ids).toEqual(['a', 'b']);
  });

  it('tries again for as long as the sink is away, and then catches up', async () => {
    const world = createWorld();
    world.sink.faults.push(...Array.from({ length: 30 }, () => 'refuse' as const));
    await append(world, [createBatch(['a'])]);
    const runner = await run(world);
    for (const id of ['b', 'c', 'd', 'e']) await append(world, [createBatch([id])]);
    await isAt(world, 5);
    expect(world.sink.ids).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(runner.stats.retries).toBeGreaterThanOrEqual(30);
  });

  it('asks the log again before it writes when the answer took as long as a partition needs to move', async () => {
    const world = createWorld();
    await append(world, [createBatch(['a'])]);
    const client = world.broker.open();
    const answersMs = [5_001, 5_000];
    let at = 0;
    let plans = 0;
    const consume: LogStore['consume'] = async (options) => {
      const consumer = await client.consume(options);
      const commit: typeof consumer.commit = async (topic, partition, change) => {
        if (decodeProgress(change.metadata).plan !== undefined) plans += 1;
        at += answersMs.shift() ?? 0;
        await consumer.commit(topic, partition, change);
      };
      return {
        commit,
        pause: () => undefined,
        resume: () => undefined,
        stop: () => consumer.stop(),
        done: consumer.done,
      };
    };
    await run(world, { logStore: { ...client, consume }, now: () => at });
    await isAt(world, 1);
    expect(plans).toBe(2);
    expect(world.sink.ids).toEqual(['a']);
  });

  it('takes only a few batches over while the sink is away', async () => {
    const world = createWorld();
    world.sink.faults.push(...Array.from({ length: 10_000 }, () => 'refuse' as const));
    for (let i = 0; i < 20; i++) await append(world, [createBatch([`e${i}`])]);
    let taken = 0;
    const client = world.broker.open();
    const consume: LogStore['consume'] = (options) =>
      client.consume({
        ...options,
        onBatch(batch) {
          taken += 1;
          return options.onBatch(batch);
        },
      });
    const runner = await run(world, { logStore: { ...client, consume }, maxBatchBytes: 1 });
    await waitFor(() => runner.stats.retries > 50, deadlineMs);
    expect(taken).toBeLessThanOrEqual(4);
    world.sink.faults.length = 0;
    await isAt(world, 20);
    expect(taken).toBe(20);
    expect(world.sink.ids).toHaveLength(20);
  });

  it('goes on with other partitions while the insert of one hangs', async () => {
    const world = createWorld();
    world.sink.faults.push('hang');
    await append(world, [createBatch(['a'])]);
    await run(world);
    await waitFor(() => world.sink.calls.length === 1, deadlineMs);
    await append(world, [createBatch(['b'])], 1);
    await isAt(world, 1, 1);
    expect(world.sink.ids).toEqual(['b']);
  });

  it('sets a record it cannot read aside and stores the others of its range', async () => {
    const world = createWorld();
    const values = [encodeEventBatch(createBatch(['a'])), Buffer.from('poison'), encodeEventBatch(createBatch(['b']))];
    await world.store.append(TOPICS.events, 2, values);
    const runner = await run(world);
    await isAt(world, 3, 2);
    expect(world.sink.ids).toEqual(['a', 'b']);
    expect(runner.stats.poison).toBe(1);
    expect(await readDeadLetters(world)).toEqual([
      {
        reason: 'not_single_object',
        topic: TOPICS.events,
        partition: 2,
        offset: 1,
        appendedAt: expect.any(Number),
        valueBytes: 6,
        valueBase64: Buffer.from('poison').toString('base64'),
      },
    ]);
  });

  it('goes on beside a few unreadable records, and remembers them across a restart', async () => {
    const world = createWorld();
    const ids = Array.from({ length: MAX_POISON }, (_, index) => `e${index}`);
    for (const id of ids) await world.store.append(TOPICS.events, 0, [Buffer.from('poison'), ...encoded([id])]);
    const first = await run(world);
    await isAt(world, 2 * MAX_POISON);
    expect(world.sink.ids).toEqual(ids.toSorted());
    await first.stop();
    await world.store.append(TOPICS.events, 0, [...encoded(['last']), Buffer.from('one too many')]);
    const second = await run(world);
    await expect(second.done).rejects.toThrow(PoisonFloodError);
    expect((await committed(world))?.offset).toBe(2 * MAX_POISON);
    expect(await readDeadLetters(world, MAX_POISON)).toHaveLength(MAX_POISON);
  });

  it('stops at a stream of unreadable records, again after a restart, with none set aside and none stored', async () => {
    const world = createWorld();
    const stream = Array.from({ length: MAX_POISON_IN_A_ROW }, () => Buffer.from('poison'));
    await world.store.append(TOPICS.events, 0, [...encoded(['before']), ...stream, ...encoded(['after'])]);
    for (let start = 0; start < 2; start++) {
      const runner = await run(world);
      await expect(runner.done).rejects.toThrow(
        /100 records in a row of tidemark.events.v1.0 before offset 101 cannot/,
      );
      await runner.stop(10);
    }
    expect(world.sink.rows).toEqual([]);
    expect(await world.store.bounds(TOPICS.dead, 0)).toEqual({ first: 0, next: 0 });
    await run(world, { stopsOnPoison: false });
    await isAt(world, stream.length + 2);
    expect(world.sink.ids).toEqual(['after', 'before']);
  });

  it('advances over a range without rows', async () => {
    const world = createWorld();
    await world.store.append(TOPICS.events, 0, [Buffer.from('poison')]);
    await run(world);
    await isAt(world, 1);
    expect(world.sink.calls).toEqual([]);
  });

  it('drops what a client repeats within 24 hours, in one range or across ranges, and nothing else', async () => {
    const world = createWorld();
    const clientIds = true;
    const repeating = [createBatch(['x', 'y'], { clientIds }), createBatch(['x', 'z'], { clientIds })];
    await append(world, [createBatch(['x']), ...repeating]);
    const runner = await run(world);
    await isAt(world, 3);
    await append(world, [
      createBatch(['y', 'new'], { clientIds }),
      createBatch(['z'], { clientIds, receivedAt: testAt + dayMs + 1 }),
    ]);
    await isAt(world, 5);
    expect(world.sink.ids).toEqual(['new', 'x', 'x', 'y', 'z', 'z']);
    expect(runner.stats.duplicates).toBe(2);
  });

  it('refuses to go on when the planned records have changed', async () => {
    const world = createWorld();
    await append(world, [createBatch(['a'])]);
    await plan(world, encodeProgress({ plan: { end: 0, rows: 1, crc: 7 }, poison: [], eventTime: NO_EVENT_TIME }));
    const runner = await run(world);
    await expect(runner.done).rejects.toThrow(PlanMismatchError);
    expect(world.sink.rows).toEqual([]);
  });
});

const encoded = (ids: string[]) => [encodeEventBatch(createBatch(ids))];

/** Leaves a commit behind as a process that planned and then died. */
async function plan({ broker, store }: World, metadata: string): Promise<void> {
  const client = broker.open();
  const assigned = Promise.withResolvers<number>();
  const consumer = await client.consume({
    group: PROCESSORS_GROUP,
    topics: [TOPICS.events],
    onAssign: async ({ partition, epoch }) => {
      if (partition === 0) assigned.resolve(epoch);
      return undefined;
    },
    onBatch: async () => undefined,
  });
  await consumer.commit(TOPICS.events, 0, { offset: 0, metadata, epoch: await assigned.promise });
  await consumer.stop();
  expect(await store.committed(PROCESSORS_GROUP, TOPICS.events, 0)).toEqual({ offset: 0, metadata });
}

async function readDeadLetters({ broker }: World, count = 1): Promise<unknown[]> {
  const letters: unknown[] = [];
  const consumer = await broker.open().consume({
    group: 'test',
    topics: [TOPICS.dead],
    onBatch: async ({ records }) => {
      for (const { value } of records) letters.push(JSON.parse(Buffer.from(value).toString()));
    },
  });
  await waitFor(() => letters.length >= count, deadlineMs);
  await consumer.stop();
  return letters;
}
