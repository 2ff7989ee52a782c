import { describe, expect, it } from 'vitest';
import { PartitionFold, TICK_MS } from '../../../processors/analytics/partition-fold.ts';
import type { StatefulProcessor } from '../../../processors/analytics/stateful-processor.ts';
import { UInt64Column } from '../../../processors/native/columns.ts';
import { createBatch, createEvent, testAt } from '../../support/event-batches.ts';
import { readNativeBlock } from '../../support/native-reader.ts';

interface Count {
  count: number;
}

/** Tells at every watermark how many measurements a key has had. */
const counter: StatefulProcessor<Count, number> = {
  name: 'counter',
  version: 1,
  table: 'counts',
  key: ({ metric }) => metric,
  init: () => ({ count: 0 }),
  onMeasurement(state) {
    state.count += 1;
    return [];
  },
  onTime: ({ count }) => [count],
  snapshot: ({ count }, out) => out.writeVaruint(count),
  restore: (input) => ({ count: input.readVaruint() }),
  createColumns() {
    const columns = { count: new UInt64Column() };
    return { columns, push: (count) => columns.count.push(count) };
  },
};

const batchOf = (tenant: string, ats: readonly number[]) =>
  createBatch([], { tenant, receivedAt: testAt * 2, events: ats.map((at) => createEvent(`e${at}`, { at })) });
const rowsOf = (fold: PartitionFold) =>
  fold.takeBlocks().flatMap(({ body }) => readNativeBlock(body).map(({ count }) => count));

describe('the fold of a partition', () => {
  it('tells the states of a tenant, and of no other, when its events enter another minute', () => {
    const fold = new PartitionFold(0, [counter]);
    fold.onBatch({ offset: 0, batch: batchOf('org_a', [testAt, testAt + 1]) });
    fold.onBatch({ offset: 1, batch: batchOf('org_a', [testAt + 2]) });
    expect(rowsOf(fold)).toEqual([2]);
    fold.onBatch({ offset: 2, batch: batchOf('org_b', [testAt + TICK_MS]) });
    expect(rowsOf(fold)).toEqual([1]);
    fold.onBatch({ offset: 3, batch: batchOf('org_a', [testAt + TICK_MS]) });
    expect(rowsOf(fold)).toEqual([4]);
  });

  it('leaves out what comes later than the grace behind its own tenant, and counts it for good', () => {
    const fold = new PartitionFold(0, [counter]);
    fold.onBatch({ offset: 0, batch: batchOf('org_a', [testAt]) });
    const hour = 3_600_000;
    fold.onBatch({ offset: 1, batch: batchOf('org_a', [testAt - hour - 1, testAt - hour]) });
    fold.onBatch({ offset: 2, batch: batchOf('org_b', [testAt - 2 * hour]) });
    expect(fold.stats).toEqual({ measurements: 3, late: 1, duplicates: 0, refused: 0 });
    const unhurried = new PartitionFold(0, [counter, { ...counter, name: 'unhurried', takesLate: true }]);
    unhurried.onBatch({ offset: 0, batch: batchOf('org_a', [testAt]) });
    unhurried.onBatch({ offset: 1, batch: batchOf('org_a', [testAt - hour - 1, testAt - hour, testAt + TICK_MS]) });
    expect(rowsOf(unhurried)).toEqual([1, 3, 1, 4]);
    const restored = new PartitionFold(0, [counter]);
    for (const part of fold.takeChanges()) expect(restored.restore(part)).toBe(true);
    expect(restored.late).toBe(1);
  });

  it('writes only the buckets that changed', () => {
    const fold = new PartitionFold(0, [counter]);
    const bucketsOf = () => fold.takeChanges().filter(({ section }) => section === 'counter@1').length;
    fold.onBatch({ offset: 0, batch: batchOf('org_a', [testAt]) });
    expect(bucketsOf()).toBe(1);
    expect(bucketsOf()).toBe(0);
  });

  it('does not read the state of a processor that is gone or was changed', () => {
    const fold = new PartitionFold(0, [counter]);
    fold.onBatch({ offset: 0, batch: batchOf('org_a', [testAt]) });
    const parts = fold.takeChanges();
    const changed = new PartitionFold(0, [{ ...counter, version: 2 }]);
    expect(parts.filter((part) => !changed.restore(part)).map(({ section }) => section)).toEqual(['counter@1']);
  });
});
