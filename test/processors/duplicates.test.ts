import { describe, expect, it } from 'vitest';
import { DUPLICATE_WINDOW_MS, findDuplicates, idsToLookUp } from '../../processors/duplicates.ts';
import { createBatch, testAt } from '../support/event-batches.ts';

const none = new Map<string, Map<string, number>>();
const clientIds = true;
const asLists = (positions: ReturnType<typeof findDuplicates>) =>
  [...positions].map(([offset, indexes]) => [offset, [...indexes]]);

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

describe('findDuplicates', () => {
  it('finds repeats within a batch and across batches, keeping the first', () => {
    const batches = [
      { offset: 1, batch: createBatch(['a', 'b', 'a'], { clientIds }) },
      { offset: 2, batch: createBatch(['c', 'b'], { clientIds }) },
    ];
    expect(asLists(findDuplicates(batches, none))).toEqual([
      [1, [2]],
      [2, [1]],
    ]);
  });

  it('keeps equal ids of different tenants, and of batches whose ids are ours', () => {
    const batches = [
      { offset: 1, batch: createBatch(['a'], { clientIds }) },
      { offset: 2, batch: createBatch(['a'], { clientIds, tenant: 'org_globex' }) },
      { offset: 3, batch: createBatch(['a']) },
    ];
    expect(asLists(findDuplicates(batches, none))).toEqual([]);
  });

  it('counts 24 hours from the last one that was stored', () => {
    const later = (ms: number) => createBatch(['a'], { clientIds, receivedAt: testAt + ms });
    const batches = [
      { offset: 1, batch: later(DUPLICATE_WINDOW_MS) },
      { offset: 2, batch: later(DUPLICATE_WINDOW_MS + 1) },
      { offset: 3, batch: later(DUPLICATE_WINDOW_MS + 2) },
    ];
    const earlier = new Map([['org_acme', new Map([['a', testAt]])]]);
    expect(asLists(findDuplicates(batches, earlier))).toEqual([
      [1, [0]],
      [3, [0]],
    ]);
  });
});
