import { describe, expect, it } from 'vitest';
import { KeptTotals } from '../../../processors/analytics/kept-totals.ts';
import { SeriesMemory, type SeriesTotal, TOTAL_HORIZON_MS } from '../../../processors/streams/series-totals.ts';

const total = (value: number, receivedAt = 0): SeriesTotal => ({
  at: value,
  startAt: 0,
  value,
  counts: [],
  receivedAt,
});
const receipt = { tenant: 'org_1', receivedAt: 1 };

describe('the memory of series', () => {
  it('asks for what it does not know, once, and then knows that there is none', () => {
    const memory = new SeriesMemory();
    const range = memory.begin();
    expect([range.last(7, receipt), range.last(7, receipt), range.last(8, receipt)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(range.lookups).toEqual([{ tenant: 'org_1', series: [7, 8], receivedFrom: 1 - TOTAL_HORIZON_MS }]);
    memory.learn(range.lookups, new Map([[7, total(70)]]));
    const again = memory.begin();
    expect([again.last(7, receipt)?.value, again.last(8, receipt)]).toEqual([70, undefined]);
    expect(again.lookups).toEqual([]);
  });

  it('goes through a range a second time as through the first, whatever came after it', () => {
    const memory = new SeriesMemory();
    memory.learn([{ tenant: 'org_1', series: [1, 2], receivedFrom: 0 }], new Map([[1, total(10)]]));
    const range = memory.begin();
    const walk = (totals: typeof range) =>
      [1, 2, 1].map((series) => {
        const { value } = totals.last(series, receipt) ?? { value: 0 };
        totals.put(series, total(value + 1));
        return value;
      });
    const first = walk(range);
    memory.advance(range);
    expect(walk(range.again())).toEqual(first);
    expect(first).toEqual([10, 0, 11]);
    expect(memory.begin().last(1, receipt)?.value).toBe(12);
  });

  it('forgets the series that was longest without a point, and asks for it again', () => {
    const memory = new SeriesMemory(2);
    for (const series of [1, 2, 1, 3]) {
      const range = memory.begin();
      range.put(series, total(series));
      memory.advance(range);
    }
    const range = memory.begin();
    expect([1, 2, 3].map((series) => range.last(series, receipt)?.value)).toEqual([1, undefined, 3]);
    expect(range.lookups).toMatchObject([{ series: [2] }]);
    expect(memory.size).toBe(2);
  });

  it('goes on from no total that was received more than a day before', () => {
    const memory = new SeriesMemory();
    const range = memory.begin();
    range.put(1, total(5, 100));
    memory.advance(range);
    const later = memory.begin();
    expect(later.last(1, { tenant: 'org_1', receivedAt: 100 + TOTAL_HORIZON_MS })?.value).toBe(5);
    expect(later.last(1, { tenant: 'org_1', receivedAt: 101 + TOTAL_HORIZON_MS })).toBeUndefined();
  });
});

describe('totals in a snapshot', () => {
  it('are there again, those nobody would go on from left out', () => {
    const kept = new KeptTotals();
    kept.put(257, total(9, 0));
    kept.put(1, { at: 3, startAt: 2, value: 1.5, counts: [1, 2.5], receivedAt: 10 * TOTAL_HORIZON_MS });
    const restored = new KeptTotals();
    for (const part of kept.takeChanges()) expect(restored.restore(part)).toBe(true);
    expect(restored.last(1, { receivedAt: 10 * TOTAL_HORIZON_MS })).toMatchObject({
      at: 3,
      startAt: 2,
      counts: [1, 2.5],
    });
    expect(restored.last(257, { receivedAt: 1 })).toBeUndefined();
    expect(restored.takeChanges()).toEqual([]);
    expect(restored.restore({ section: 'other', bucket: 0, body: new Uint8Array(0) })).toBe(false);
  });
});
