import { setTimeout as delay } from 'node:timers/promises';
import { type Outcome, violationsOf } from '../outcome.ts';
import { compareBooks, waitUntilStored } from '../pipeline-books.ts';
import { type SteadyLoad, startSteadyLoad } from './load.ts';
import { type ClickHouseWorld, startClickHouseWorld } from './world.ts';

/** What ClickHouse does for the length of a round. */
export type ClickHouseFault = 'slow' | 'hung' | 'absent';

export interface ClickHouseRoundOptions {
  fault: ClickHouseFault;
  /** Length of the fault. */
  minutes: number;
  /** Default 2,000. */
  eventsPerSecond?: number;
  /** How long it is watched before, after as long a time to get warm. Default: 10 s, and at least a tenth of the fault. */
  beforeMs?: number;
  /** Latencies below this are noise of the machine: twice nothing is nothing. Default 25. */
  noiseMs?: number;
}

export const MAX_P99_FACTOR = 2;
export const MAX_RSS_GROWTH_MIB = 64;
export const MIN_DRAIN_FACTOR = 2;
const defaultNoiseMs = 25;
/** No more than this behind the load counts as drained. */
const drainedSeconds = 2;
const minBeforeMs = 10_000;
const beforeShare = 0.1;
const sampleMs = 500;
const drainWithinMs = 600_000;

/** One fault under a steady load: before, during, after; then the books. */
export async function runClickHouseRound(options: ClickHouseRoundOptions): Promise<Outcome> {
  await using world = await startClickHouseWorld();
  const { fault, minutes, eventsPerSecond = 2_000, noiseMs = defaultNoiseMs } = options;
  const { beforeMs = Math.max(minBeforeMs, minutes * 60_000 * beforeShare) } = options;
  const load = startSteadyLoad({ url: world.pipeline.ingestUrl, eventsPerSecond, tenants: world.tenants });
  try {
    await delay(Math.min(beforeMs, minBeforeMs)); // Warm.
    load.takeLatencyP99();
    const before = await observe(world, load, beforeMs);
    await begin(world, fault);
    const during = await observe(world, load, minutes * 60_000);
    await end(world, fault);
    const drain = await measureDrain(world, load, eventsPerSecond);
    await load.stop();
    await waitUntilStored(world.stores.log, drainWithinMs);
    const books = await compareBooks(world.stores.clickhouse, load.acknowledged);
    return judge({ before, during, drain, refused: load.refused, books, eventsPerSecond, noiseMs });
  } finally {
    await load.stop();
  }
}

function begin({ proxy, stopClickHouse }: ClickHouseWorld, fault: ClickHouseFault): Promise<void> | void {
  return fault === 'absent' ? stopClickHouse() : proxy.setMood(fault);
}

function end({ proxy, startClickHouse }: ClickHouseWorld, fault: ClickHouseFault): Promise<void> | void {
  return fault === 'absent' ? startClickHouse() : proxy.setMood('well');
}

interface Observed {
  p99Ms: number;
  maxRssMiB: number;
}

async function observe(world: ClickHouseWorld, load: SteadyLoad, durationMs: number): Promise<Observed> {
  let maxRssMiB = 0;
  for (const until = performance.now() + durationMs; performance.now() < until; await delay(sampleMs)) {
    maxRssMiB = Math.max(maxRssMiB, await world.processorsRssMiB());
  }
  return { p99Ms: load.takeLatencyP99(), maxRssMiB };
}

interface Drain {
  backlog: number;
  /** From the end of the fault to the first row stored. */
  firstMs: number;
  /** From there on, while the load goes on. */
  eventsPerSecond: number;
  drainMs: number;
  maxRssMiB: number;
}

async function measureDrain(world: ClickHouseWorld, load: SteadyLoad, rate: number): Promise<Drain> {
  const endedAt = performance.now();
  const stored = await countEvents(world);
  const backlog = load.sent() - stored;
  let first: { at: number; stored: number } | undefined;
  let now = stored;
  let maxRssMiB = 0;
  while (load.sent() - now > drainedSeconds * rate) {
    if (performance.now() - endedAt > drainWithinMs) throw new Error(`not drained within ${drainWithinMs} ms`);
    await delay(sampleMs / 2);
    now = await countEvents(world);
    if (now > stored) first ??= { at: performance.now(), stored };
    maxRssMiB = Math.max(maxRssMiB, await world.processorsRssMiB());
  }
  const at = performance.now();
  const firstAt = first?.at ?? at;
  const drainedEvents = now - stored;
  return {
    backlog,
    firstMs: firstAt - endedAt,
    drainMs: at - endedAt,
    eventsPerSecond: drainedEvents / Math.max(0.001, (at - firstAt + sampleMs / 2) / 1_000),
    maxRssMiB,
  };
}

async function countEvents({ stores }: ClickHouseWorld): Promise<number> {
  const [row] = await stores.clickhouse.select<{ count: number }>('SELECT count() AS count FROM events');
  return row?.count ?? 0;
}

interface Seen {
  before: Observed;
  during: Observed;
  drain: Drain;
  refused: Readonly<Record<string, number>>;
  books: Awaited<ReturnType<typeof compareBooks>>;
  eventsPerSecond: number;
  noiseMs: number;
}

function judge({ before, during, drain, refused, books, eventsPerSecond, noiseMs }: Seen): Outcome {
  const rssGrowthMiB = during.maxRssMiB - before.maxRssMiB;
  const hadBacklog = drain.backlog > drainedSeconds * eventsPerSecond;
  return {
    figures: {
      p99BeforeMs: round(before.p99Ms),
      p99DuringMs: round(during.p99Ms),
      rssBeforeMiB: round(before.maxRssMiB),
      rssGrowthMiB: round(rssGrowthMiB),
      rssGrowthWhileDrainingMiB: round(drain.maxRssMiB - before.maxRssMiB),
      backlog: drain.backlog,
      firstStoredAfterMs: round(drain.firstMs),
      drainMs: round(drain.drainMs),
      drainEventsPerSecond: hadBacklog ? Math.round(drain.eventsPerSecond) : 'nothing to drain',
      inputEventsPerSecond: eventsPerSecond,
      ...books,
    },
    violations: violationsOf({
      [`ingest p99 above ${MAX_P99_FACTOR} times that before`]:
        during.p99Ms > MAX_P99_FACTOR * Math.max(noiseMs, before.p99Ms),
      [`processors grew by more than ${MAX_RSS_GROWTH_MIB} MiB`]: rssGrowthMiB > MAX_RSS_GROWTH_MIB,
      [`answers other than 201: ${JSON.stringify(refused)}`]: Object.keys(refused).length > 0,
      [`drained at less than ${MIN_DRAIN_FACTOR} times the input`]:
        hadBacklog && drain.eventsPerSecond < MIN_DRAIN_FACTOR * eventsPerSecond,
      'events lost, duplicated or differing': books.lost + books.duplicated + books.differing !== 0,
    }),
  };
}

const round = (value: number): number => Math.round(value * 10) / 10;
