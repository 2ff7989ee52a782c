import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../bench/support/random.ts';
import { createAlertState, LONG_POLICY, raisesAlert, SHORT_POLICY } from '../../../platform/detection/alert-policy.ts';
import {
  createDetector,
  isOrdinary,
  LEARNING_MS,
  LEARNING_POINTS,
  observe,
  type Verdict,
} from '../../../platform/detection/detector.ts';
import type { DetectorState } from '../../../platform/detection/detector-state.ts';
import { SHIFT_MS } from '../../../platform/detection/level-shift.ts';
import { MAX_DETECTOR_BYTES, readDetector, writeDetector } from '../../../processors/anomalies/detector-codec.ts';
import { ByteBuffer } from '../../../processors/native/byte-buffer.ts';
import { ByteReader } from '../../../processors/snapshots/byte-reader.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const monday = Date.UTC(2026, 0, 5);

interface Judged extends Verdict {
  at: number;
}

/** Judges a value a minute, from a Monday at midnight. */
function judge(days: number, valueAt: (at: number) => number, detector = createDetector()): Judged[] {
  return Array.from({ length: days * 1440 }, (_, minute) => {
    const at = monday + minute * minuteMs;
    return { at, ...observe(detector, at, valueAt(at)) };
  });
}

/** Times at which one of the two policies raised an alert. */
function alertsOf(judged: readonly Judged[]): number[] {
  const [long, short] = [createAlertState(), createAlertState()];
  const raised = judged
    .filter(({ isLearning }) => !isLearning)
    .filter(({ at, longScore, shortScore }) => {
      const isLong = raisesAlert(long, LONG_POLICY, { at, score: longScore });
      return raisesAlert(short, SHORT_POLICY, { at, score: shortScore }) || isLong;
    });
  return raised.map(({ at }) => at);
}

function diurnal(at: number): number {
  return 100 + 50 * Math.sin((2 * Math.PI * at) / dayMs);
}

function copyOf(detector: DetectorState): DetectorState {
  const out = new ByteBuffer();
  writeDetector(detector, out);
  return readDetector(new ByteReader(out.written.slice()));
}

describe('a stable series', () => {
  const random = createRandom('diurnal');
  const laplace = () => {
    const uniform = random.next() - 0.5;
    return -Math.sign(uniform) * Math.log(1 - 2 * Math.abs(uniform));
  };
  it.each([
    ['normal', random.normal],
    ['Laplace', laplace],
    ['log-normal', () => Math.exp(random.normal() / 2)],
  ])('of days with %s noise is anomalous at less than 0.1 %% of its points, before any policy', (_, noise) => {
    const known = judge(21, (at) => diurnal(at) + 5 * noise()).filter(({ isLearning }) => !isLearning);
    const anomalous = known.filter(({ score }) => score >= LONG_POLICY.threshold);
    expect(anomalous.length / known.length).toBeLessThan(0.001);
  });

  // Of 18 Mondays: what is left of the rhythm is small, and raises an alert on one Monday in twenty (measured over 120).
  it.each([300, 150, 120])(
    'of 100 with a rhythm of %d on Mondays at nine raises alerts then on no more than one Monday in nine after three weeks',
    (peak) => {
      const alerts = [1, 2, 3, 4, 5, 6].flatMap((seed) => {
        const noise = createRandom('monday', peak, seed);
        return alertsOf(judge(42, (at) => (isMondayAtNine(at) ? peak : 100) + 3 * noise.normal()));
      });
      const nines = alerts.filter((at) => isMondayAtNine(at) || isMondayAtNine(at - hourMs));
      expect(nines.some((at) => at < monday + 21 * dayMs)).toBe(true);
      expect(nines.filter((at) => at >= monday + 21 * dayMs).length).toBeLessThanOrEqual(2);
    },
  );

  it('is anomalous when a rhythm comes for the first time', () => {
    const isFirst = (at: number) => at >= monday + 7 * dayMs && isMondayAtNine(at);
    const alerts = alertsOf(judge(9, (at) => (isFirst(at) ? 150 : 100) + 3 * random.normal()));
    expect(alerts.some(isFirst)).toBe(true);
  });
});

function isMondayAtNine(at: number): boolean {
  const sinceMonday = (at - monday) % (7 * dayMs);
  return sinceMonday >= 9 * hourMs && sinceMonday < 10 * hourMs;
}

describe('an anomaly', () => {
  it('is a flat series that goes to 50', () => {
    const detector = createDetector();
    judge(2, () => 10, detector);
    const verdict = observe(detector, monday + 2 * dayMs, 50);
    expect(verdict.score).toBeGreaterThan(5);
    expect(verdict.zScore).toBe(800);
    expect(verdict.anomalyScore).toBeCloseTo(1);
    expect(verdict.probability).toBeLessThan(1e-4);
    expect(verdict.expected).toBe(10);
  });

  it('below what was expected has a negative z-score', () => {
    const random = createRandom('fall');
    const detector = createDetector();
    judge(3, (at) => diurnal(at) + random.normal(), detector);
    const verdict = observe(detector, monday + 3 * dayMs, 20);
    expect(verdict.score).toBeGreaterThan(3);
    expect(verdict.zScore).toBeLessThan(-5);
  });

  it('moves what is expected by less than a thousandth of itself', () => {
    const random = createRandom('spike');
    const detector = createDetector();
    judge(7, () => 100 + random.normal(), detector);
    const undisturbed = observe(copyOf(detector), monday + 7 * dayMs, 100).expected;
    for (let minute = 0; minute < 5; minute++) observe(detector, monday + 7 * dayMs + minute * minuteMs, 10_000);
    expect(Math.abs(observe(detector, monday + 7 * dayMs + 5 * minuteMs, 100).expected - undisturbed)).toBeLessThan(
      9.9,
    );
  });

  it('that lasts becomes the usual level after a day, and raises no alert then', () => {
    const random = createRandom('shift');
    const shiftAt = monday + 7 * dayMs;
    const judged = judge(10, (at) => (at < shiftAt ? 100 : 200) + random.normal());
    const confirmed = judged.find(({ at }) => at > shiftAt + SHIFT_MS + 10 * minuteMs);
    expect(alertsOf(judged).some((at) => at >= shiftAt && at < shiftAt + 2 * minuteMs)).toBe(true);
    expect(confirmed?.expected).toBeCloseTo(200, -1);
    expect(alertsOf(judged).filter((at) => at > shiftAt + SHIFT_MS + 10 * minuteMs)).toEqual([]);
  });
});

it('a point that is ordinary at first sight is hardly ever anomalous, and never by itself', () => {
  const random = createRandom('ordinary');
  const detector = createDetector();
  let [ordinary, missed] = [0, 0];
  for (let minute = 0; minute < 14 * 1440; minute++) {
    const at = monday + minute * minuteMs;
    const value = diurnal(at) + 5 * random.normal() + (minute % 1000 === 0 ? 200 : 0);
    const isOne = isOrdinary(detector, value);
    const verdict = observe(detector, at, value);
    if (!isOne || verdict.isLearning) continue;
    ordinary += 1;
    if (verdict.score >= LONG_POLICY.threshold) missed += 1;
    expect(Math.abs(verdict.zScore)).toBeLessThan(6);
  }
  expect(ordinary).toBeGreaterThan(0.8 * 13 * 1440);
  expect(missed).toBeLessThanOrEqual(10);
});

describe('the state', () => {
  it('takes at most 4 KB a series, and what was read of it judges bit by bit as what was written', () => {
    expect(MAX_DETECTOR_BYTES).toBeLessThanOrEqual(4096);
    const random = createRandom('restore');
    const value = () => 100 + 10 * random.normal();
    const detector = createDetector();
    for (let minute = 0; minute < 5000; minute++) {
      const at = monday + minute * minuteMs;
      if (minute % 617 !== 0) {
        observe(detector, at, value());
        continue;
      }
      const restored = copyOf(detector);
      const next = value();
      expect(observe(restored, at, next)).toEqual(observe(detector, at, next));
      expect(restored).toEqual(detector);
    }
  });

  it('judges the same series the same way', () => {
    const valuesOf = () => {
      const random = createRandom('same');
      return judge(2, (at) => diurnal(at) + random.normal());
    };
    expect(valuesOf()).toEqual(valuesOf());
  });

  it('is learning for its first hours and points', () => {
    const judged = judge(1, () => 1);
    expect(judged.findIndex(({ isLearning }) => !isLearning)).toBe(Math.max(LEARNING_MS / minuteMs, LEARNING_POINTS));
  });

  it('gives finite verdicts on any finite values at any times', () => {
    const points = fc.array(
      fc.record({
        at: fc.integer({ min: -1e13, max: 1e13 }),
        value: fc.double({ noNaN: true, noDefaultInfinity: true }),
      }),
      { maxLength: 200 },
    );
    const check = (list: { at: number; value: number }[]) => {
      const detector = createDetector();
      for (const { at, value } of list) {
        const { evidence, isLearning, hasShifted, ...numbers } = observe(detector, at, value);
        expect(Object.values(numbers).every(Number.isFinite)).toBe(true);
        expect(numbers.probability).toBeGreaterThanOrEqual(0);
        expect(numbers.score).toBeGreaterThanOrEqual(0);
      }
    };
    fc.assert(fc.property(points, check), { numRuns: 200 });
  });

  it('is not given what is no number', () => {
    expect(() => observe(createDetector(), monday, Number.NaN)).toThrow(RangeError);
    expect(() => observe(createDetector(), monday, Number.POSITIVE_INFINITY)).toThrow(RangeError);
  });
});
