import { setTimeout as delay } from 'node:timers/promises';
import { createApiClient } from '../../../bench/support/client.ts';
import { createRandom } from '../../../bench/support/random.ts';
import { startPipeline, unattended } from '../../../bench/support/running-pipeline.ts';
import { waitUntil } from '../../../bench/support/wait.ts';
import type { LogStore } from '../../../platform/log-store/log-store.ts';
import { encodeEventBatch } from '../../../schemas/events/event-batch-codec.ts';
import { PROCESSORS_GROUP, TOPIC_SETTINGS, TOPICS } from '../../../schemas/topics.ts';
import { createBatch, createEvent } from '../../support/event-batches.ts';
import { createPoison } from '../../support/poison.ts';
import { type Outcome, violationsOf } from '../outcome.ts';
import { type Books, compareBooks, openStores, waitUntilStored } from '../pipeline-books.ts';

export interface PoisonOptions {
  seed: number;
  /** Of the log, poison included; each good one holds one event. */
  records: number;
  poison: number;
}

/** Longest time a partition with work ahead of it may stand still. */
export const MAX_STALL_MS = 5_000;
export const POISON_KINDS = 8;

const oversizedBytes = 2 * 1_024 * 1_024;
const partitions = TOPIC_SETTINGS[TOPICS.events].partitions;
const recordsPerAppend = 1_000;
const watchMs = 100;
const storedWithinMs = 900_000;
const at = Date.UTC(2026, 2, 19, 12);

/** Writes records that hold no events between good ones, past ingest, as a broken producer would. */
export async function runPoison({ seed, records, poison }: PoisonOptions): Promise<Outcome> {
  await using pipeline = await startPipeline({ env: unattended });
  await using stores = await openStores(pipeline);
  const admin = createApiClient({ baseUrl: pipeline.apiUrl, key: pipeline.adminKey });
  const watch = watchStalls(stores.log);
  const startedAt = performance.now();
  const acknowledged = await appendAll(stores.log, { seed, records, poison });
  await waitUntilStored(stores.log, storedWithinMs);
  const tookMs = performance.now() - startedAt;
  const stallMs = await watch.stop();
  const countFiled = async () =>
    (await admin.get<{ meta: { totalCount: number } }>('/api/v1/dead-letters')).meta.totalCount;
  await waitUntil({ what: 'dead letters to be filed', withinMs: 60_000 }, async () => (await countFiled()) >= poison);
  const { first, next } = await stores.log.bounds(TOPICS.dead, 0);
  const deadLetters = await countFiled();
  const books = await compareBooks(stores.clickhouse, acknowledged);
  return judge({
    books,
    deadLetters,
    appended: next - first,
    poison,
    stallMs,
    recordsPerSecond: (records * 1_000) / tookMs,
  });
}

/** The poison, kind by kind: unreadable, unreadable from somewhere on, or read but impossible. */
export function poisonOfAllKinds(): Uint8Array[] {
  const { 'wrong magic': magic, 'unknown fingerprint': fingerprint, truncated, empty } = createPoison();
  const { 'trailing bytes': trailing, 'huge count': wrongAvro } = createPoison();
  const oversized = new Uint8Array(oversizedBytes).fill(0xc4);
  const impossible = encodeEventBatch(createBatch([], { events: [createEvent('never', { value: Number.NaN })] }));
  const kinds = [magic, fingerprint, truncated, trailing, wrongAvro, empty, oversized, impossible];
  return kinds.filter((kind) => kind !== undefined);
}

/** Appends everything, the poison evenly spread over the partitions and the records of each. Resolves to the good events. */
async function appendAll(log: LogStore, { seed, records, poison }: PoisonOptions): Promise<Map<string, number>> {
  const random = createRandom('poison', seed);
  const kinds = poisonOfAllKinds();
  const acknowledged = new Map<string, number>();
  const bad = new Map(
    Array.from({ length: poison }, (_, index): [number, Uint8Array | undefined] => {
      const from = Math.floor((index * records) / poison);
      const to = Math.floor(((index + 1) * records) / poison);
      return [from + random.integer(to - from), kinds[index % kinds.length]];
    }),
  );
  for (let start = 0; start < records; start += recordsPerAppend) {
    const partition = (start / recordsPerAppend) % partitions;
    const count = Math.min(recordsPerAppend, records - start);
    const values = Array.from({ length: count }, (_, index) => bad.get(start + index) ?? goodRecord(start + index));
    await log.append(TOPICS.events, partition, values);
    const good = values.filter((_, index) => !bad.has(start + index)).length;
    acknowledged.set(correlationOf(start), good);
  }
  return acknowledged;
}

const correlationOf = (number: number): string => `poison-${number - (number % recordsPerAppend)}`;

function goodRecord(number: number): Uint8Array {
  const event = createEvent(`evt_${number}`, { value: number, at: at + number, correlationId: correlationOf(number) });
  return encodeEventBatch(createBatch([], { receivedAt: at, events: [event] }));
}

/** Follows the committed positions; `stop` resolves to the longest time one with records ahead of it did not move. */
function watchStalls(log: LogStore): { stop(): Promise<number> } {
  const life = { isOver: false };
  let longestMs = 0;
  const marks = Array.from({ length: partitions }, () => ({ offset: -1, movedAt: performance.now() }));
  const look = async (partition: number) => {
    const [{ next }, committed] = await Promise.all([
      log.bounds(TOPICS.events, partition),
      log.committed(PROCESSORS_GROUP, TOPICS.events, partition),
    ]);
    const offset = committed?.offset ?? 0;
    const mark = marks[partition];
    if (mark === undefined) return;
    if (mark.offset !== offset || offset === next) marks[partition] = { offset, movedAt: performance.now() };
    else longestMs = Math.max(longestMs, performance.now() - mark.movedAt);
  };
  const watching = (async () => {
    for (; !life.isOver; await delay(watchMs)) await Promise.all(marks.map((_, partition) => look(partition)));
  })();
  return {
    async stop() {
      life.isOver = true;
      await watching;
      return longestMs;
    },
  };
}

interface Seen {
  books: Books;
  /** In PostgreSQL. */
  deadLetters: number;
  /** To the dead-letter topic. */
  appended: number;
  poison: number;
  stallMs: number;
  recordsPerSecond: number;
}

function judge({ books, deadLetters, appended, poison, stallMs, recordsPerSecond }: Seen): Outcome {
  return {
    figures: {
      ...books,
      poison,
      deadLetters,
      stallMs: Math.round(stallMs),
      recordsPerSecond: Math.round(recordsPerSecond),
    },
    violations: violationsOf({
      'good events lost, duplicated or differing': books.lost + books.duplicated + books.differing !== 0,
      [`${deadLetters} dead letters are listed, ${appended} in the topic, of ${poison} records`]:
        deadLetters !== poison || appended !== poison,
      [`a partition stood still for more than ${MAX_STALL_MS} ms`]: stallMs > MAX_STALL_MS,
    }),
  };
}
