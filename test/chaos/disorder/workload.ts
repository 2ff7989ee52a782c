import { createRandom, type Random } from '../../../bench/support/random.ts';
import { LATENESS_GRACE_MS } from '../../../processors/watermark.ts';

/** An event of a workload out of order, as a client has it. */
export interface DisorderedEvent {
  id: string;
  metricType: string;
  at: number;
  value: number;
}

export interface Disorder {
  seed: number;
  events: number;
  /** Time of the newest event, milliseconds since the epoch. */
  until: number;
}

/** What must come out, worked out apart from the system. */
export interface ExpectedFigures {
  /** Values by metric type, each event once. */
  values: ReadonlyMap<string, number[]>;
  duplicates: number;
  late: number;
}

export interface DisorderedWorkload {
  /** In the order of sending: one request each. */
  batches: DisorderedEvent[][];
  expected: ExpectedFigures;
}

export const DUPLICATE_SHARE = 0.1;
export const OUT_OF_ORDER_SHARE = 0.2;
export const TOO_LATE_SHARE = 0.01;
export const disorderedMetrics = ['CycleTime', 'WaitTime', 'TouchTime', 'ReviewTime'];
const batchSize = 1_000;
/** A repeat follows at most so many events behind the first. */
const maxRepeatDistance = 50_000;
/** Times advance so much an event: the workload spans a few hours whatever its size. */
const spanMs = 4 * 3_600_000;
const maxTooLateMs = 24 * 3_600_000;

/** Events with repeats, out of order by up to an hour, and some too late; the same for the same seed. */
export function createDisorder(disorder: Disorder): DisorderedWorkload {
  const random = createRandom('disorder', disorder.seed);
  const sent: DisorderedEvent[] = [];
  for (let number = 0; number < disorder.events; number++) {
    const batchStart = number - (number % batchSize);
    const isRepeat = batchStart > 0 && random.next() < DUPLICATE_SHARE;
    sent.push(isRepeat ? pickEarlier(random, sent, batchStart) : createNew(random, disorder, number));
  }
  const batches = Array.from({ length: Math.ceil(sent.length / batchSize) }, (_, index) =>
    sent.slice(index * batchSize, (index + 1) * batchSize),
  );
  return { batches, expected: expect(batches) };
}

/** One of an earlier request: within a request a repeated id is a mistake and refused. */
function pickEarlier(random: Random, sent: readonly DisorderedEvent[], batchStart: number): DisorderedEvent {
  const taken = new Set(sent.slice(batchStart).map(({ id }) => id));
  for (;;) {
    const earlier = sent[batchStart - 1 - random.integer(Math.min(batchStart, maxRepeatDistance))];
    if (earlier === undefined) throw new RangeError('nothing was sent before');
    if (!taken.has(earlier.id)) return earlier;
  }
}

function createNew(random: Random, { seed, events, until }: Disorder, number: number): DisorderedEvent {
  const now = until - spanMs + Math.floor((spanMs * number) / events);
  return {
    id: `d${seed}-${number}`,
    metricType: disorderedMetrics[random.integer(disorderedMetrics.length)] ?? '',
    at: now - delayOf(random),
    // Long tails, as durations have them; thousandths, so that sums stay exact.
    value: Math.round(Math.exp(3 + random.normal()) * 1_000) / 1_000,
  };
}

function delayOf(random: Random): number {
  const kind = random.next();
  if (kind < TOO_LATE_SHARE) return LATENESS_GRACE_MS + 60_000 + random.integer(maxTooLateMs);
  return kind < TOO_LATE_SHARE + OUT_OF_ORDER_SHARE ? random.integer(LATENESS_GRACE_MS) : 0;
}

/** The rules once more: an id counts once, and an event is late that lies more than the grace behind all requests before its own. */
function expect(batches: readonly (readonly DisorderedEvent[])[]): ExpectedFigures {
  const values = new Map<string, number[]>(disorderedMetrics.map((name) => [name, []]));
  const seen = new Set<string>();
  let newest = Number.NEGATIVE_INFINITY;
  let duplicates = 0;
  let late = 0;
  for (const batch of batches) {
    const newestBefore = newest;
    for (const { id, metricType, at, value } of batch) {
      if (seen.has(id)) {
        duplicates += 1;
        continue;
      }
      seen.add(id);
      values.get(metricType)?.push(value);
      if (newestBefore - at > LATENESS_GRACE_MS) late += 1;
      newest = Math.max(newest, at);
    }
  }
  return { values, duplicates, late };
}
