import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { excludedSpans } from '../../../schemas/slo/exclusions.ts';
import { BURN_ALERTS, budgetOf, burnRateOf, burnThreshold, complianceOf } from '../../../schemas/slo/slo-figures.ts';
import { mergeSpans, overlapMs, withoutSpans } from '../../../schemas/spans.ts';
import { createMaintenance, day, minute } from '../../support/slo-worlds.ts';

const [fast, slow] = BURN_ALERTS;

describe('the figures of an SLO', () => {
  it('have no compliance, budget or burn without events', () => {
    const none = { events: 0, bad: 0 };
    expect([complianceOf(none), burnRateOf(none, 0.9)]).toEqual([null, 0]);
    expect(budgetOf(none, 0.9)).toEqual({ total: 0, spent: 0, remaining: 0, share: null });
  });

  it('have a budget that may be overspent', () => {
    expect(budgetOf({ events: 1_000, bad: 4 }, 0.99)).toEqual({ total: 10, spent: 4, remaining: 6, share: 0.6 });
    expect(budgetOf({ events: 100, bad: 4 }, 0.99)).toEqual({ total: 1, spent: 4, remaining: -3, share: -3 });
  });

  it('burn at 1 when exactly the budget is spent', () => {
    for (const objective of [0.5, 0.9, 0.95, 0.99, 0.999, 0.9999]) {
      const events = 100_000;
      expect(burnRateOf({ events, bad: Math.round(events * (1 - objective)) }, objective)).toBeCloseTo(1, 9);
    }
  });

  it('alert at 14.4 and 6 in a window of 30 days, in proportion in others, and never below 1', () => {
    expect([burnThreshold(fast, 30 * day), burnThreshold(slow, 30 * day)]).toEqual([14.4, 6]);
    expect([burnThreshold(fast, 90 * day), burnThreshold(slow, 90 * day)]).toEqual([43.2, 18]);
    expect([burnThreshold(fast, 7 * day), burnThreshold(slow, 7 * day)]).toEqual([3.36, 1.4]);
    expect([burnThreshold(fast, day), burnThreshold(slow, day)]).toEqual([1, 1]);
  });

  it('spend at the threshold, within the long window, the same share of the budget whatever the window of the SLO', () => {
    fc.assert(
      fc.property(fc.integer({ min: 7, max: 366 }), fc.constantFrom(...BURN_ALERTS), (days, alert) => {
        const spent = burnThreshold(alert, days * day) * (alert.longMs / (days * day));
        expect(spent).toBeCloseTo(alert.budgetShare, 9);
      }),
    );
  });
});

describe('excluded minutes', () => {
  const span = fc.tuple(fc.nat(60), fc.nat(20)).map(([from, length]) => ({ from, to: from + length }));

  it('are taken out of a span one by one', () => {
    fc.assert(
      fc.property(span, fc.array(span, { maxLength: 8 }), (whole, others) => {
        const merged = mergeSpans(others);
        const left = withoutSpans(whole, merged);
        const isIn = (at: number, spans: readonly { from: number; to: number }[]) =>
          spans.some(({ from, to }) => from <= at && at < to);
        for (let at = 0; at < 90; at++) {
          expect(isIn(at, left), `${at}`).toBe(isIn(at, [whole]) && !isIn(at, others));
          expect(overlapMs({ from: at, to: at + 1 }, merged)).toBe(isIn(at, others) ? 1 : 0);
        }
        for (const [index, { from }] of left.entries()) expect(from).toBeGreaterThan(left[index - 1]?.to ?? -1);
      }),
    );
  });

  it('are whole: those that maintenance touches, of that alone which is about the subject and leaves the SLA out', () => {
    const spans = excludedSpans(
      [
        createMaintenance(5 * minute + 1, 6 * minute + 1),
        createMaintenance(10 * minute, 11 * minute),
        createMaintenance(10 * minute + 5, 12 * minute),
        createMaintenance(20 * minute, 30 * minute, { subjects: ['other'] }),
        createMaintenance(40 * minute, 50 * minute, { excludeFromSla: false }),
        createMaintenance(60 * minute, 60 * minute),
      ],
      'P2P',
    );
    expect(spans).toEqual([
      { from: 5 * minute, to: 7 * minute },
      { from: 10 * minute, to: 12 * minute },
    ]);
  });
});
