import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { activeBetween, exceededAfter, reachedAt } from '../../../processors/cases/active-time.ts';
import { mergeSpans } from '../../../schemas/spans.ts';

const instant = fc.integer({ min: 0, max: 60 });
const intervals = fc.array(fc.record({ from: instant, to: instant }), { maxLength: 5 });

/** Counted one by one. */
const countActive = (from: number, to: number, pauses: readonly { from: number; to: number }[]): number =>
  Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index).filter(
    (at) => !pauses.some((pause) => pause.from <= at && at < pause.to),
  ).length;

describe('active time', () => {
  it('is what is in no pause, however pauses overlap', () => {
    fc.assert(
      fc.property(intervals, instant, instant, (pauses, a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        expect(activeBetween(from, to, mergeSpans(pauses))).toBe(countActive(from, to, pauses));
      }),
    );
  });

  it('reaches an amount at the first instant that has it, and exceeds it after the last that has no more', () => {
    fc.assert(
      fc.property(intervals, instant, fc.integer({ min: 0, max: 90 }), (pauses, from, activeMs) => {
        const merged = mergeSpans(pauses);
        const instants = Array.from({ length: 200 }, (_, index) => from + index);
        const activeAt = (at: number) => countActive(from, at, pauses);
        expect(reachedAt(from, activeMs, merged)).toBe(instants.find((at) => activeAt(at) >= activeMs));
        expect(exceededAfter(from, activeMs, merged)).toBe(instants.findLast((at) => activeAt(at) <= activeMs));
      }),
    );
  });

  it('is exceeded before it began when the amount is below nothing', () => {
    expect(exceededAfter(10, -3, [{ from: 8, to: 12 }])).toBe(7);
  });
});
