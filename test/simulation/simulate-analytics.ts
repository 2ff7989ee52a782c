import { createLog } from '../../platform/log.ts';
import type { LogStore } from '../../platform/log-store/log-store.ts';
import { createMemoryBroker, type MemoryBroker } from '../../platform/log-store/memory.ts';
import { statefulProcessors } from '../../processors/analytics/registry.ts';
import type { RowStore } from '../../processors/analytics/row-store.ts';
import { startAnalytics } from '../../processors/analytics/runner.ts';
import type { TableBlock } from '../../processors/fold.ts';
import { SinkUnavailableError } from '../../processors/sink.ts';
import type { SnapshotPart, SnapshotStore } from '../../processors/snapshots/snapshot-store.ts';
import { ANALYTICS_GROUP, TOPIC_SETTINGS, TOPICS } from '../../schemas/topics.ts';
import { testAt } from '../support/event-batches.ts';
import { createMemorySnapshots } from '../support/memory-snapshots.ts';
import {
  compareOutputs,
  describeEvents,
  describeParts,
  describeRows,
  describeSignals,
  foldUndisturbed,
} from './analytics-outputs.ts';
import { createStreamValue } from './analytics-workload.ts';
import { type Clock, installClock } from './clock.ts';
import { Engine } from './engine.ts';
import { Host, type Weather } from './host.ts';
import { createRandom, type Random } from './random.ts';
import { speakingProcessor } from './speaking-processor.ts';
import type { Appended } from './workload.ts';

/** Faults of design, to see that they are found. */
export interface Mutation {
  snapshots?: (store: SnapshotStore) => SnapshotStore;
  rows?: (store: RowStore) => RowStore;
  log?: (store: LogStore) => LogStore;
}

const log = createLog('simulation', 'silent');
const processors = [...statefulProcessors, speakingProcessor];
const stormMs = 120_000;
const recoveryMs = 3_600_000;
/** What was sent and never answered may still land. */
const settleMs = 60_000;

interface World {
  clock: Clock;
  random: Random;
  weather: Weather;
  broker: MemoryBroker;
  partitions: number;
  hosts: Host[];
  /** By the clients. */
  appended: Appended[];
  /** What the log holds, what the processes have appended included. */
  held: { events: Appended[]; signals: Appended[] };
  snapshots: SnapshotStore;
  blocks: TableBlock[];
  failures: string[];
  mutation: Mutation;
}

/** A world of stateful processors made of one seed; what differs at its end from an undisturbed run of its log: rows, signals, derived events and state, bit by bit. */
export async function simulateAnalytics(seed: number, mutation: Mutation = {}): Promise<string[]> {
  const clock = installClock(testAt);
  try {
    const world = createWorld(seed, clock, mutation);
    planStorm(world);
    await followLog(world);
    await clock.run(() => false, testAt + stormMs);
    Object.assign(world.weather, { refused: 0, answerLost: 0 });
    startHost(world);
    const isArrived = await arrive(world);
    await clock.run(() => false, clock.now() + settleMs);
    // What landed late is folded, too.
    const isDone = isArrived && (await arrive(world));
    return [...world.failures, ...(isDone ? await findDifferences(world) : ['not everything was folded'])];
  } finally {
    clock.uninstall();
  }
}

function createWorld(seed: number, clock: Clock, mutation: Mutation): World {
  const random = createRandom(seed);
  const partitions = random.between(1, 3);
  const topics = { ...TOPIC_SETTINGS, [TOPICS.events]: { ...TOPIC_SETTINGS[TOPICS.events], partitions } };
  return {
    clock,
    random,
    weather: { refused: random.pick([0, 0.02, 0.1]), answerLost: random.pick([0, 0.02, 0.2]) },
    broker: createMemoryBroker({ topics, now: clock.now }),
    partitions,
    hosts: [],
    appended: [],
    held: { events: [], signals: [] },
    snapshots: createMemorySnapshots(),
    blocks: [],
    failures: [],
    mutation,
  };
}

function planStorm(world: World): void {
  const { random } = world;
  startHost(world);
  const plan = (count: number, event: () => void) => {
    for (let i = 0; i < count; i++) setTimeout(event, random.between(0, stormMs - 1));
  };
  plan(random.between(5, 30), () => void appendSome(world));
  plan(random.between(0, 2), () => startHost(world));
  plan(random.between(0, 3), () => disturb(world, (host) => host.kill()));
  plan(random.between(0, 2), () => disturb(world, (host) => host.freeze(random.between(5_000, 60_000))));
}

async function appendSome({ random, broker, appended, partitions }: World): Promise<void> {
  const partition = random.between(0, partitions - 1);
  const values = Array.from({ length: random.between(1, 6) }, (_, index) =>
    createStreamValue(random, partition, appended.length + index),
  );
  const offsets = await broker.open().append(TOPICS.events, partition, values);
  for (const [index, value] of values.entries()) appended.push({ partition, offset: offsets[index] ?? -1, value });
}

/** Another process joins a little later, and takes over. */
function disturb(world: World, fault: (host: Host) => void): void {
  const living = world.hosts.filter(({ isDead }) => !isDead);
  if (living.length === 0) return;
  fault(world.random.pick(living));
  setTimeout(() => startHost(world), world.random.between(0, 3_000));
}

function startHost(world: World): void {
  const { clock, random, weather, broker, mutation, hosts } = world;
  const host = new Host({ clock, random, weather, engine: new Engine(clock, random), logStore: broker.open() });
  hosts.push(host);
  const number = hosts.length;
  let lineages = 0;
  const away = (reason: string) => Object.assign(new Error(reason), { code: 'ECONNRESET' });
  const rows: RowStore = {
    store: ({ blocks }) =>
      host.request(
        async () => {
          // Table by table: a process may die between two.
          for (const block of blocks) {
            await clock.sleep(random.between(0, 400));
            world.blocks.push(block);
          }
        },
        (reason) => new SinkUnavailableError(reason),
      ),
  };
  const snapshots: SnapshotStore = {
    takeOver: (...claim) => host.request(() => world.snapshots.takeOver(...claim), away),
    save: (...saving) =>
      host.request(async () => {
        await clock.sleep(random.between(0, 2_000));
        await world.snapshots.save(...saving);
      }, away),
  };
  void startAnalytics({
    logStore: mutation.log?.(host.logStore) ?? host.logStore,
    snapshots: mutation.snapshots?.(snapshots) ?? snapshots,
    rows: mutation.rows?.(rows) ?? rows,
    processors,
    log,
    limits: {
      snapshotMs: random.pick([500, 5_000, 20_000]),
      flushMs: random.between(1, 2_000),
      maxRows: random.pick([1, 50, 5_000]),
    },
    backoff: { minMs: 100, maxMs: 2_000 },
    now: clock.now,
    createLineage: () => `${number}-${lineages++}`,
    maxWaitMs: random.between(1, 2_000),
    maxBatchBytes: random.between(100, 2_000),
  })
    .then(({ done }) => done)
    .catch((error: unknown) => {
      if (!host.isDead) world.failures.push(`a runner failed: ${String(error)}`);
    });
}

async function followLog({ broker, held }: World): Promise<void> {
  await broker.open().consume({
    group: 'observer',
    topics: [TOPICS.events, TOPICS.signals],
    async onBatch({ topic, partition, records }) {
      const list = topic === TOPICS.events ? held.events : held.signals;
      for (const { offset, value } of records) list.push({ partition, offset, value });
    },
  });
}

/** Lets time pass until all that the log holds is folded, and seen; false when that never happens. */
async function arrive(world: World): Promise<boolean> {
  const { clock, broker } = world;
  const reader = broker.open();
  let isDone = false;
  const poll = async () => {
    isDone = (await isFolded(world, reader)) && (await isSeen(world, reader));
    if (!isDone) setTimeout(() => void poll(), 100);
  };
  void poll();
  return clock.run(() => isDone, clock.now() + recoveryMs);
}

async function isFolded({ partitions }: World, reader: LogStore): Promise<boolean> {
  for (let partition = 0; partition < partitions; partition++) {
    const { next } = await reader.bounds(TOPICS.events, partition);
    const committed = await reader.committed(ANALYTICS_GROUP, TOPICS.events, partition);
    if (next > (committed?.offset ?? 0)) return false;
  }
  return true;
}

async function isSeen({ held, partitions }: World, reader: LogStore): Promise<boolean> {
  let events = 0;
  let signals = 0;
  for (let partition = 0; partition < partitions; partition++) {
    events += (await reader.bounds(TOPICS.events, partition)).next;
    signals += (await reader.bounds(TOPICS.signals, partition)).next;
  }
  return held.events.length === events && held.signals.length === signals;
}

async function findDifferences(world: World): Promise<string[]> {
  const { blocks, held } = world;
  const found = {
    rows: describeRows(blocks),
    signals: new Set(describeSignals(held.signals.map(({ value }) => value))),
    events: new Set(describeDerived(world)),
    parts: new Map(await readParts(world)),
  };
  return compareOutputs(foldUndisturbed(held.events, processors), found);
}

/** The events that no client has appended. */
function describeDerived({ held, appended }: World): string[] {
  const sent = new Set(appended.map(({ partition, offset }) => `${partition}/${offset}`));
  return held.events
    .filter(({ partition, offset }) => !sent.has(`${partition}/${offset}`))
    .flatMap(({ partition, value }) => describeEvents(partition, [value]));
}

async function readParts({ broker, partitions, snapshots }: World): Promise<[string, string][]> {
  const found: [string, string][] = [];
  for (let partition = 0; partition < partitions; partition++) {
    const parts: SnapshotPart[] = [];
    const place = { group: ANALYTICS_GROUP, topic: TOPICS.events, partition };
    const committed = await broker.open().committed(place.group, place.topic, partition);
    if (committed === undefined) continue;
    const { lineage } = JSON.parse(committed.metadata) as { lineage: string };
    const claim = { ...place, epoch: Number.MAX_SAFE_INTEGER, lineage, freshLineage: 'none' };
    await snapshots.takeOver(claim, (part) => parts.push(part));
    found.push(...describeParts(partition, parts));
  }
  return found;
}
