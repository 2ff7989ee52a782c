import { scoreOf } from '../../schemas/anomaly-score.ts';
import {
  createState,
  type DetectorState,
  EVIDENCE_COUNT,
  type StateMemory,
  TAILS,
  type TailPlace,
} from './detector-state.ts';
import {
  type Departures,
  EVIDENCE_NAMES,
  type EvidenceName,
  learnSpreads,
  measureDepartures,
  type Recent,
  weighEvidence,
} from './evidence.ts';
import { followShift } from './level-shift.ts';
import { type Expectation, expectAt, learnSeason } from './season.ts';
import { initTail, learnTail, refreshTail, scoreTail } from './tail-model.ts';

/** A new series is learned for this long and this many points before its anomalies are to be believed. */
export const LEARNING_MS = 12 * 3_600_000;
export const LEARNING_POINTS = 100;
/** Farther from zero counts as this far, so that squares stay finite in single precision. */
const maxMagnitude = 1e15;
/** An interval this many times the usual is a gap, and tells nothing of the usual one. */
const gapIntervals = 3;
const intervalMemory = 50;
const maxTailPause = 64;
/** Two standard deviations. */
const ordinaryVariances = 4;
/** Scores beyond this say no more. */
const maxScore = 300;

const longEvidence = [0, 1, 2, 3];
const shortEvidence = [0, 4, 5];

/** What a point is, judged by the points before it alone. Scores are -log10 of the probability of evidence this strong or stronger. */
export interface Verdict {
  /** Of level, season, persistence and roughness: incidents that last. */
  longScore: number;
  /** Of season, residual and difference: incidents of a few points. */
  shortScore: number;
  /** The larger of the two. */
  score: number;
  /** That any of the kinds of evidence is this strong by chance, at most. */
  probability: number;
  /** The strongest evidence in standard deviations, signed: above or below what was expected. */
  zScore: number;
  /** Of the z-score, 0 to 1. */
  anomalyScore: number;
  /** The least probable evidence. */
  evidence: EvidenceName;
  expected: number;
  sigma: number;
  isLearning: boolean;
  /** With this point a new level became the usual one. */
  hasShifted: boolean;
}

interface Known {
  expected: Expectation;
  isLearning: boolean;
}

const strengths = new Float64Array(EVIDENCE_COUNT);
const scores = new Float64Array(EVIDENCE_COUNT);
/** What the last points show, with the one that is judged. */
const recent: Recent = { sustained: 0, roughness: 0 };

/** The detector of a series that has no points yet. */
export function createDetector(memory?: StateMemory): DetectorState {
  const state = createState(memory);
  for (let index = 0; index < EVIDENCE_COUNT; index++) initTail(state.slots, tailAt(index));
  return state;
}

/** Whether a point is so near to the one before, and that so near to what was expected, that {@link judge} has nothing to find: a tenth of its work. */
export function isOrdinary(state: DetectorState, value: number): boolean {
  const step = value - state.previous;
  const isNear = step * step <= ordinaryVariances * state.differenceVariance;
  return isNear && state.previousDeparture * state.previousDeparture <= ordinaryVariances * state.residualVariance;
}

/** Judges a point as if it came next, and leaves the state as it was. Arguments and errors as of {@link observe}. */
export function judge(state: DetectorState, at: number, value: number): Verdict {
  const bounded = boundedValue(value);
  return judgeBounded(state, bounded, { expected: expectAt(state, at, bounded), isLearning: isLearning(state, at) });
}

/**
 * Judges the next point of a series by the state, then takes it into the state. `at`: ms since the epoch, in order; `value` finite. Constant
 * work; a function of state and point alone. Throws a RangeError when a value is not finite.
 */
export function observe(state: DetectorState, at: number, value: number): Verdict {
  const bounded = boundedValue(value);
  followInterval(state, at);
  if (state.points === 0) state.level = bounded;
  const expected = expectAt(state, at, bounded);
  refreshTails(state);
  const verdict = judgeBounded(state, bounded, { expected, isLearning: isLearning(state, at) });
  state.sustained = recent.sustained;
  state.roughness = recent.roughness;
  learnTails(state);
  learnSpreads(state, bounded, expected);
  learnSeason(state, bounded, expected);
  state.points++;
  verdict.hasShifted = followShift(state, at, expected);
  return verdict;
}

function boundedValue(value: number): number {
  if (!Number.isFinite(value)) throw new RangeError(`a point's value must be finite, not ${value}`);
  return Math.max(-maxMagnitude, Math.min(maxMagnitude, value));
}

function followInterval(state: DetectorState, at: number): void {
  const elapsed = at - state.lastAt;
  if (state.points === 0) state.firstAt = at;
  else if (elapsed > 0) {
    if (state.interval === 0) state.interval = elapsed;
    const weight = 1 / Math.min(state.points, intervalMemory);
    state.interval += weight * (Math.min(elapsed, gapIntervals * state.interval) - state.interval);
  }
  state.lastAt = at;
}

/** Fills `scores`, `strengths` and `recent`. */
function judgeBounded(state: DetectorState, value: number, { expected, isLearning }: Known): Verdict {
  const departures = measureDepartures(state, value, expected);
  weighEvidence(state, departures, { strengths, recent });
  for (let index = 0; index < EVIDENCE_COUNT; index++) {
    scores[index] = Math.min(maxScore, scoreTail(state.slots, tailAt(index), strengths[index] as number));
  }
  const verdict = createVerdict(departures, isLearning);
  verdict.expected = expected.mean;
  verdict.sigma = expected.sigma;
  return verdict;
}

function refreshTails(state: DetectorState): void {
  if (state.points < state.nextTails) return;
  state.nextTails = state.points + 1 + Math.min(maxTailPause, state.points >> 3);
  for (let index = 0; index < EVIDENCE_COUNT; index++) refreshTail(state.slots, tailAt(index));
}

/** Takes the evidence that was judged last into the tails. */
function learnTails({ slots }: DetectorState): void {
  for (let index = 0; index < EVIDENCE_COUNT; index++) {
    learnTail(slots, tailAt(index), { strength: strengths[index] as number, score: scores[index] as number });
  }
}

function createVerdict(departures: Departures, isLearning: boolean): Verdict {
  const long = strongest(longEvidence);
  const short = strongest(shortEvidence);
  const longScore = scores[long] as number;
  const shortScore = scores[short] as number;
  const score = Math.max(longScore, shortScore);
  const zScore = largestDeparture(departures);
  return {
    longScore,
    shortScore,
    score,
    probability: Math.min(1, EVIDENCE_COUNT * 10 ** -score),
    zScore,
    anomalyScore: scoreOf(zScore),
    evidence: EVIDENCE_NAMES[longScore >= shortScore ? long : short] as EvidenceName,
    expected: 0,
    sigma: 0,
    isLearning,
    hasShifted: false,
  };
}

function strongest(indexes: readonly number[]): number {
  let best = indexes[0] as number;
  for (const index of indexes) if ((scores[index] as number) > (scores[best] as number)) best = index;
  return best;
}

function largestDeparture({ season, level, residual, difference }: Departures): number {
  let largest = season;
  if (Math.abs(level) > Math.abs(largest)) largest = level;
  if (Math.abs(residual) > Math.abs(largest)) largest = residual;
  if (Math.abs(difference) > Math.abs(largest)) largest = difference;
  return largest;
}

function isLearning(state: DetectorState, at: number): boolean {
  return state.points < LEARNING_POINTS || at - state.firstAt < LEARNING_MS;
}

function tailAt(index: number): TailPlace {
  return TAILS[index] as TailPlace;
}
