import { PartitionFold } from '../../processors/analytics/partition-fold.ts';
import { statefulProcessors } from '../../processors/analytics/registry.ts';
import type { TableBlock } from '../../processors/fold.ts';
import type { SnapshotPart } from '../../processors/snapshots/snapshot-store.ts';
import { decodeEventBatch, encodeEventBatch } from '../../schemas/events/event-batch-codec.ts';
import { createBatch, createEvent, testAt } from '../support/event-batches.ts';
import { readNativeBlock } from '../support/native-reader.ts';
import type { Random } from './random.ts';
import { type Appended, tenantsOf } from './workload.ts';

const minute = 60_000;
const poisonShare = 0.03;
const clientShare = 0.5;

/** A request somewhat later than the one before: some of its events are late, some too late, some repeat an id. */
export function createStreamValue(random: Random, partition: number, number: number): Uint8Array {
  if (random.isHit(poisonShare)) return Buffer.from(`poison ${number}`);
  const clientIds = random.isHit(clientShare);
  const now = testAt + number * random.pick([1, 1, 1, 4]) * minute;
  const events = Array.from({ length: random.between(1, 5) }, (_, index) =>
    createEvent(clientIds ? `client-${random.between(0, 40)}` : `server-${partition}-${number}-${index}`, {
      metric: random.pick(['CycleTime', 'Cost', 'Wait']),
      at: now - random.pick([0, 0, 1, 20_000, 5 * minute, 40 * minute, 70 * minute]),
      value: random.between(-9, 90),
    }),
  );
  return encodeEventBatch(
    createBatch([], { tenant: random.pick(tenantsOf(partition)), clientIds, receivedAt: now, events }),
  );
}

/** Rows of all tables, each told apart by all it says. */
export function describeRows(blocks: readonly TableBlock[]): Set<string> {
  return new Set(
    blocks.flatMap(({ table, body }) =>
      readNativeBlock(body).map((row) => `${table} ${JSON.stringify(Object.values(row))}`),
    ),
  );
}

/** Parts by name, as text. */
export function describeParts(partition: number, parts: readonly SnapshotPart[]): [name: string, body: string][] {
  return parts
    .filter(({ body }) => body.length > 0)
    .map(({ section, bucket, body }) => [`${partition} ${section} ${bucket}`, Buffer.from(body).toString('base64')]);
}

/** What the log makes when nothing ever goes wrong: one fold a partition, without a break. */
export function foldUndisturbed(appended: readonly Appended[]): { rows: Set<string>; parts: Map<string, string> } {
  const blocks: TableBlock[] = [];
  const parts: [string, string][] = [];
  for (const [partition, records] of Map.groupBy(appended, (record) => record.partition)) {
    const fold = new PartitionFold(partition, statefulProcessors);
    for (const { offset, value } of records.toSorted((a, b) => a.offset - b.offset)) {
      const batch = decodeEventBatch(value);
      if (typeof batch !== 'string') fold.onBatch({ offset, batch });
    }
    blocks.push(...fold.takeBlocks());
    parts.push(...describeParts(partition, fold.takeChanges()));
  }
  return { rows: describeRows(blocks), parts: new Map(parts) };
}
