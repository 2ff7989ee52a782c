import fc from 'fast-check';
import { mean } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../bench/support/random.ts';
import { LONG_POLICY, SHORT_POLICY } from '../../../platform/detection/alert-policy.ts';
import { createDetector, observe } from '../../../platform/detection/detector.ts';
import { dayMs, type FoldedSeries, foldSeries, hourMs, minuteMs, monday } from '../../support/anomaly-series.ts';

const maxStateBytes = 4_096;

/** Points of a few hours, mostly in order, several a minute, some of them late; sometimes time passes alone. */
const step = fc.record({
  afterMs: fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 0, max: 90_000 }) },
    fc.integer({ min: -minuteMs, max: 20 * minuteMs }),
  ),
  value: fc.oneof(
    { weight: 9, arbitrary: fc.double({ min: 90, max: 110, noNaN: true }) },
    fc.double({ min: -1e300, max: 1e300, noNaN: true }),
  ),
  isTick: fc.boolean(),
});
const steps = fc.array(step, { maxLength: 300 });

function feed(
  folded: FoldedSeries,
  list: readonly { afterMs: number; value: number; isTick: boolean }[],
  isRestarted = false,
): void {
  let at = monday + 3 * dayMs;
  for (const [index, { afterMs, value, isTick }] of list.entries()) {
    at = Math.max(monday + 3 * dayMs, at + afterMs);
    if (isTick && afterMs > minuteMs) folded.tick(Math.max(folded.context.clock, at));
    else folded.add(at, value);
    if (isRestarted && index % 7 === 0) folded.restart();
  }
}

/** So that alerts are raised at all. */
function learned(metric: string): FoldedSeries {
  const folded = foldSeries({ metric });
  const random = createRandom('properties');
  folded.run(monday, monday + 3 * dayMs, () => 100 + 3 * random.normal());
  return folded;
}

describe('the fold of a series', () => {
  it.each(['latency', 'logs.info'])(
    'of %s goes on undisturbed after any restarts: rows and state are equal, and the state is at most 4 KB',
    (metric) => {
      let largest = 0;
      const check = (list: Parameters<typeof feed>[1]) => {
        const [undisturbed, restarted] = [learned(metric), learned(metric)];
        feed(undisturbed, list);
        feed(restarted, list, true);
        expect(restarted.told).toEqual(undisturbed.told);
        const bytes = undisturbed.restart();
        expect(restarted.restart()).toEqual(bytes);
        largest = Math.max(largest, bytes.length);
      };
      fc.assert(fc.property(steps, check), { numRuns: 25 });
      expect(largest).toBeLessThanOrEqual(maxStateBytes);
    },
  );

  it('judges the means of its minutes, whatever the order and number of their points', () => {
    const minutes = fc.array(
      fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 5 }),
      { maxLength: 60 },
    );
    const check = (list: readonly number[][]) => {
      const folded = foldSeries();
      const detector = createDetector();
      const expected: number[] = [];
      for (const [index, values] of list.entries()) {
        const at = monday + index * minuteMs;
        for (const [number, value] of values.entries()) folded.add(at + number * 1_000, value);
        expected.push(observe(detector, at, mean(values)).expected);
      }
      folded.tick(monday + (list.length + 2) * minuteMs);
      for (const [index, verdict] of folded.verdicts.entries())
        expect(verdict.expected).toBeCloseTo(expected[index] ?? 0, 4);
      expect(folded.verdicts.length).toBe(list.length);
    };
    fc.assert(fc.property(minutes, check), { numRuns: 100 });
  });

  it('tells every anomaly in revisions without gaps, each ended once at most, and never two at a time', () => {
    const check = (list: Parameters<typeof feed>[1]) => {
      const folded = learned('latency');
      feed(folded, list);
      const last = new Map<string, { revision: number; endsAt: number }>();
      for (const { kind, startsAt, revision, endsAt, finding } of folded.told) {
        const before = last.get(`${kind} ${startsAt}`);
        expect(revision).toBe(before === undefined ? 0 : before.revision + 1);
        expect(before?.endsAt ?? 0).toBe(0);
        expect(endsAt === 0 || endsAt >= startsAt).toBe(true);
        expect(
          Object.values(finding)
            .filter((figure) => typeof figure === 'number')
            .every(Number.isFinite),
        ).toBe(true);
        last.set(`${kind} ${startsAt}`, { revision, endsAt });
      }
      const open = [...last].filter(([name, { endsAt }]) => endsAt === 0 && name.startsWith('statistical'));
      expect(open.length).toBeLessThanOrEqual(1);
    };
    fc.assert(fc.property(steps, check), { numRuns: 50 });
  });
});

describe('through the processor', () => {
  const noise = createRandom('processor');
  const startsOf = ({ told }: FoldedSeries) =>
    told.filter(({ revision }) => revision === 0).map(({ startsAt }) => startsAt);

  it('less than 0.1 % of the points of a stable series of days are anomalous, and fewer raise alerts', () => {
    const folded = foldSeries();
    folded.run(
      monday,
      monday + 21 * dayMs,
      (at) => 100 + 50 * Math.sin((2 * Math.PI * at) / dayMs) + 5 * noise.normal(),
    );
    const known = folded.verdicts.filter(({ isLearning }) => !isLearning);
    const anomalous = known.filter(
      ({ longScore, shortScore }) => longScore >= LONG_POLICY.threshold || shortScore >= SHORT_POLICY.threshold,
    );
    expect(anomalous.length / known.length).toBeLessThan(0.001);
    expect(startsOf(folded).length).toBeLessThanOrEqual(8);
  });

  it('a flat series that goes to 50 is found with the point that does', () => {
    const folded = foldSeries();
    folded.run(monday, monday + 2 * dayMs, () => 10);
    folded.add(monday + 2 * dayMs + 1_000, 50);
    expect(startsOf(folded)).toEqual([monday + 2 * dayMs]);
  });

  it('a rhythm of Mondays at nine is no anomaly after three weeks', () => {
    const isNine = (at: number) =>
      (at - monday) % (7 * dayMs) >= 9 * hourMs && (at - monday) % (7 * dayMs) < 10 * hourMs;
    const folded = foldSeries();
    folded.run(monday, monday + 36 * dayMs, (at) => (isNine(at) ? 300 : 100) + 3 * noise.normal());
    const nines = startsOf(folded).filter((at) => isNine(at) || isNine(at - hourMs));
    expect(nines.some((at) => at < monday + 21 * dayMs)).toBe(true);
    expect(nines.filter((at) => at >= monday + 21 * dayMs)).toEqual([]);
  });
});
