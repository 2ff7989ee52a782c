import { describe, expect, it } from 'vitest';
import { createFindRepeated, DUPLICATE_WINDOW_MS, type EarlierIds, idsToLookUp } from '../../processors/duplicates.ts';
import type { EventBatch } from '../../schemas/events/event-batch.ts';
import { createBatch, testAt } from '../support/event-batches.ts';

const clientIds = true;

/** The positions to drop, batch by batch. */
function findAll(batches: readonly EventBatch[], earlier: EarlierIds = new Map()): number[][] {
  const findRepeated = createFindRepeated(earlier);
  return batches.map((batch) => [...findRepeated(batch)]);
}

describe('idsToLookUp', () => {
  it('asks for each id once, per tenant, from 24 hours before the first batch', () => {
    const batches = [
      { offset: 1, batch: createBatch(['a', 'b'], { clientIds }) },
      { offset: 2, batch: createBatch(['b'], { clientIds, receivedAt: testAt - 5 }) },
      { offset: 3, batch: createBatch(['a'], { clientIds, tenant: 'org_globex' }) },
    ];
    expect(idsToLookUp(batches)).toEqual([
      { tenant: 'org_acme', ids: ['a', 'b'], receivedFrom: testAt - 5 - DUPLICATE_WINDOW_MS },
      { tenant: 'org_globex', ids: ['a'], receivedFrom: testAt - DUPLICATE_WINDOW_MS },
    ]);
  });

  it('asks for nothing when no client gave ids', () => {
    expect(idsToLookUp([{ offset: 1, batch: createBatch(['a']) }])).toEqual([]);
  });
});

describe('findRepeated', () => {
  it('finds repeats within a batch and across batches, keeping the first', () => {
    const batches = [createBatch(['a', 'b', 'a'], { clientIds }), createBatch(['c', 'b'], { clientIds })];
    expect(findAll(batches)).toEqual([[2], [1]]);
  });

  it('keeps equal ids of different tenants, and of batches whose ids are ours', () => {
    const batches = [
      createBatch(['a'], { clientIds }),
      createBatch(['a'], { clientIds, tenant: 'org_globex' }),
      createBatch(['a', 'a']),
    ];
    expect(findAll(batches)).toEqual([[], [], []]);
  });

  it('counts 24 hours from the last one that was stored', () => {
    const later = (ms: number) => createBatch(['a'], { clientIds, receivedAt: testAt + ms });
    const batches = [later(DUPLICATE_WINDOW_MS), later(DUPLICATE_WINDOW_MS + 1), later(DUPLICATE_WINDOW_MS + 2)];
    expect(findAll(batches, new Map([['org_acme', new Map([['a', testAt]])]]))).toEqual([[0], [], [0]]);
  });
});
