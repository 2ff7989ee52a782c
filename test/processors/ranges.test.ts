import { describe, expect, it } from 'vitest';
import { cutRanges, spanOf } from '../../processors/ranges.ts';
import { createBatch, createEvent, testAt } from '../support/event-batches.ts';

const record = (offset: number, count: number) => ({
  record: undefined,
  offset,
  batch: createBatch(Array.from({ length: count }, (_, index) => String(index))),
});
const offsets = (ranges: { offset: number }[][]) => ranges.map((range) => range.map(({ offset }) => offset));

describe('cutRanges', () => {
  it('fills each range up to the limit and keeps the order', () => {
    expect(offsets(cutRanges([record(1, 4), record(2, 6), record(3, 1), record(5, 9)], 10))).toEqual([
      [1, 2],
      [3, 5],
    ]);
  });

  it('makes a range of its own of a record beyond the limit', () => {
    expect(offsets(cutRanges([record(1, 1), record(2, 11), record(3, 1)], 10))).toEqual([[1], [2], [3]]);
  });

  it('counts a record without events as nothing', () => {
    const poison = { record: undefined, offset: 2, batch: 'malformed' };
    expect(offsets(cutRanges([record(1, 10), poison], 10))).toEqual([[1, 2]]);
  });

  it('makes no range of nothing', () => {
    expect(cutRanges([], 10)).toEqual([]);
  });
});

describe('spanOf', () => {
  it('covers every event, its end exclusive', () => {
    const batch = createBatch([], { events: [createEvent('a', { at: testAt + 5 }), createEvent('b', { at: testAt })] });
    const other = createBatch(['c'], { tenant: 'org_globex' });
    const span = spanOf([
      { offset: 1, batch },
      { offset: 2, batch: other },
    ]);
    expect(span).toEqual({ tenants: ['org_acme', 'org_globex'], from: testAt, to: testAt + 6 });
  });

  it('is undefined without events', () => {
    expect(spanOf([{ offset: 1, batch: createBatch([]) }])).toBeUndefined();
  });
});
