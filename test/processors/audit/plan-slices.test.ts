import { describe, expect, it } from 'vitest';
import { planSlices } from '../../../processors/audit/plan-slices.ts';

const day = 86_400;
const hour = 3_600;
const days = (...rows: number[]) => rows.map((count, index) => ({ day: index * day, rows: count }));

describe('planSlices', () => {
  it('has nothing to do without rows', () => {
    expect(planSlices([], { maxRows: 10, bucketSeconds: 60 })).toEqual([]);
  });

  it('puts sparse days together until there are enough rows, gaps included', () => {
    const sparse = [...days(4, 4, 4), { day: 40 * day, rows: 4 }];
    expect(planSlices(sparse, { maxRows: 10, bucketSeconds: 60 })).toEqual([
      { from: 0, to: 2 * day },
      { from: 2 * day, to: 41 * day },
    ]);
  });

  it('cuts a dense day at whole hours, none smaller than one', () => {
    expect(planSlices(days(25), { maxRows: 10, bucketSeconds: 3_600 })).toEqual([
      { from: 0, to: 8 * hour },
      { from: 8 * hour, to: 16 * hour },
      { from: 16 * hour, to: day },
    ]);
    expect(planSlices(days(1_000), { maxRows: 1, bucketSeconds: 60 })).toHaveLength(24);
  });

  it('keeps a day whole for a rollup of days', () => {
    expect(planSlices(days(25, 25), { maxRows: 10, bucketSeconds: day })).toEqual([
      { from: 0, to: day },
      { from: day, to: 2 * day },
    ]);
  });

  it('covers every day once, in order', () => {
    const rows = Array.from({ length: 400 }, (_, index) => (index * 7_919) % 97);
    const slices = planSlices(days(...rows), { maxRows: 60, bucketSeconds: 60 });
    for (const [index, slice] of slices.entries()) {
      expect(slice.from).toBe(index === 0 ? 0 : slices[index - 1]?.to);
      expect(slice.to).toBeGreaterThan(slice.from);
    }
    expect(slices.at(-1)?.to).toBe(400 * day);
  });
});
