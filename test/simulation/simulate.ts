import { createLog } from '../../platform/log.ts';
import { createMemoryBroker, type MemoryBroker } from '../../platform/log-store/memory.ts';
import { createClickHouseSink } from '../../processors/clickhouse-sink.ts';
import { processors } from '../../processors/registry.ts';
import { startRunner } from '../../processors/runner.ts';
import type { RowSink } from '../../processors/sink.ts';
import type { AnyStream } from '../../processors/streams/stream.ts';
import { decodeEventBatch } from '../../schemas/events/event-batch-codec.ts';
import { PROCESSORS_GROUP, TOPIC_SETTINGS, TOPICS, type Topic } from '../../schemas/topics.ts';
import { testAt } from '../support/event-batches.ts';
import { type Clock, installClock } from './clock.ts';
import { type ExpectedRows, findDifferences } from './differences.ts';
import { Engine } from './engine.ts';
import { Host, type Weather } from './host.ts';
import { createRandom, type Random } from './random.ts';
import { type Appended, createValue, expectedRows } from './workload.ts';

/** What the log is full of. */
export interface Workload {
  topic: Topic;
  streams: readonly AnyStream[];
  rawTable: 'events' | 'points';
  createValue(random: Random, partition: number, number: number): Uint8Array;
  expect: ExpectedRows;
  decode(value: Uint8Array): unknown;
}

export interface SimulateOptions {
  /** Default: business events. */
  workload?: Workload;
  /** What stands between the processor and its sink: a fault of design, to see that it is found. */
  mutate?: (sink: RowSink) => RowSink;
}

const events: Workload = {
  topic: TOPICS.events,
  streams: [],
  rawTable: 'events',
  createValue,
  expect: expectedRows,
  decode: decodeEventBatch,
};
const log = createLog('simulation', 'silent');
/** Everything that goes wrong does so in this time. */
const stormMs = 180_000;
/** After the storm all must be stored within this time. */
const recoveryMs = 3_600_000;
/** What was sent and never answered may still land. */
const settleMs = 120_000;

/** A world made of one seed, lived through to its end; what is wrong with the end, if anything. */
export async function simulate(seed: number, options: SimulateOptions = {}): Promise<string[]> {
  const clock = installClock(testAt);
  try {
    const world = createWorld(seed, clock, options);
    planStorm(world);
    await clock.run(() => false, testAt + stormMs);
    calmDown(world);
    const isStored = await clock.run(() => isCommitted(world), clock.now() + recoveryMs);
    await clock.run(() => false, clock.now() + settleMs);
    const faults = [...world.failures, ...(isStored ? [] : ['not everything was stored'])];
    return faults.length > 0
      ? faults
      : findDifferences(world.appended, {
          tables: world.engine.tables,
          deadLetters: world.deadLetters,
          expect: world.workload.expect,
          decode: world.workload.decode,
        });
  } finally {
    clock.uninstall();
  }
}

interface World {
  clock: Clock;
  random: Random;
  weather: Weather;
  workload: Workload;
  engine: Engine;
  broker: MemoryBroker;
  partitions: number;
  hosts: Host[];
  appended: Appended[];
  committed: Map<number, number>;
  deadLetters: Set<string>;
  failures: string[];
  mutate: (sink: RowSink) => RowSink;
}

function createWorld(seed: number, clock: Clock, options: SimulateOptions): World {
  const { mutate = (sink) => sink, workload = events } = options;
  const { topic } = workload;
  const random = createRandom(seed);
  const partitions = random.between(1, 3);
  const settings = { ...TOPIC_SETTINGS, [topic]: { ...TOPIC_SETTINGS[topic], partitions } };
  const weather = { refused: random.pick([0, 0.02, 0.1]), answerLost: random.pick([0, 0.02, 0.2]) };
  const engine = new Engine(clock, random, workload.rawTable);
  engine.stepMs = random.pick([2, 20, 200, 4_000]);
  return {
    clock,
    random,
    weather,
    workload,
    engine,
    broker: createMemoryBroker({ topics: settings, now: clock.now }),
    partitions,
    hosts: [],
    appended: [],
    committed: new Map(),
    deadLetters: new Set(),
    failures: [],
    mutate,
  };
}

/** Decides what happens when. */
function planStorm(world: World): void {
  const { random } = world;
  startHost(world);
  const plan = (count: number, event: () => void) => {
    for (let i = 0; i < count; i++) setTimeout(event, random.between(0, stormMs - 1));
  };
  plan(random.between(5, 25), () => void appendSome(world));
  plan(random.between(0, 2), () => startHost(world));
  plan(random.between(0, 2), () => killHost(world));
  plan(random.between(0, 2), () => freezeHost(world));
  plan(random.between(0, 2), () => world.engine.kill(random.between(100, 5_000), false));
  plan(random.between(0, 1), () => world.engine.freeze(random.between(1_000, 50_000)));
  plan(random.isHit(0.2) ? 1 : 0, () => loseMachine(world));
}

async function appendSome(world: World): Promise<void> {
  const { random, broker, appended, partitions, workload } = world;
  const partition = random.between(0, partitions - 1);
  const values = Array.from({ length: random.between(1, 4) }, (_, index) =>
    workload.createValue(random, partition, appended.length + index),
  );
  const offsets = await broker.open().append(workload.topic, partition, values);
  for (const [index, value] of values.entries()) appended.push({ partition, offset: offsets[index] ?? -1, value });
}

function startHost(world: World): void {
  const { clock, random, weather, engine, broker } = world;
  const host = new Host({ clock, random, weather, engine, logStore: broker.open() });
  world.hosts.push(host);
  const sink = world.mutate(createClickHouseSink(host.clickhouse, clock.now));
  void startRunner({
    logStore: host.logStore,
    sink,
    processors,
    streams: world.workload.streams,
    log,
    now: clock.now,
    backoff: { minMs: 100, maxMs: 2_000 },
    maxWaitMs: random.between(1, 2_000),
    maxBatchBytes: random.between(100, 2_000),
  })
    .then(({ done }) => done)
    .catch((error: unknown) => {
      if (!host.isDead) world.failures.push(`a runner failed: ${String(error)}`);
    });
}

const living = ({ hosts }: World): Host[] => hosts.filter(({ isDead }) => !isDead);

/** Another process takes over after a while. */
function killHost(world: World): void {
  const hosts = living(world);
  if (hosts.length === 0) return;
  world.random.pick(hosts).kill();
  setTimeout(() => startHost(world), world.random.between(0, 3_000));
}

/** Another process joins meanwhile, so that the frozen one loses partitions. */
function freezeHost(world: World): void {
  const hosts = living(world);
  if (hosts.length === 0) return;
  world.random.pick(hosts).freeze(world.random.between(5_000, 60_000));
  setTimeout(() => startHost(world), world.random.between(0, 3_000));
}

function loseMachine(world: World): void {
  world.engine.kill(world.random.between(100, 5_000), true);
  for (const host of living(world)) host.kill();
  setTimeout(() => startHost(world), world.random.between(0, 10_000));
}

function calmDown(world: World): void {
  world.weather.refused = 0;
  world.weather.answerLost = 0;
  world.engine.stepMs = 5;
  startHost(world);
  const reader = world.broker.open();
  void reader.consume({
    group: 'dead-letters',
    topics: [TOPICS.dead],
    onBatch: async ({ records }) => {
      for (const { value } of records) {
        const { partition, offset } = JSON.parse(Buffer.from(value).toString());
        world.deadLetters.add(`${partition}/${offset}`);
      }
    },
  });
  const poll = async () => {
    for (let partition = 0; partition < world.partitions; partition++) {
      const committed = await reader.committed(PROCESSORS_GROUP, world.workload.topic, partition);
      if (committed !== undefined) world.committed.set(partition, committed.offset);
    }
    if (!isCommitted(world)) setTimeout(() => void poll(), 100);
  };
  void poll();
}

function isCommitted({ appended, committed }: World): boolean {
  return appended.every(({ partition, offset }) => (committed.get(partition) ?? 0) > offset);
}
