import {
  type DetectorState,
  HOUR_COUNTS,
  HOUR_MEANS,
  HOUR_VARIANCES,
  HOURS,
  HOURS_OF_WEEK,
  WEEK_MEANS,
} from './detector-state.ts';

const hourMs = 3_600_000;
const dayMs = HOURS * hourMs;
/** How long the past counts: days for an hour of the day, weeks for an hour of the week. */
export const MEMORY_DAYS = 10;
const memoryWeeks = 4;
const maxWeekCount = 255;
/** Weight of "no different from the other days", in hours of points. */
const weekdayPrior = 3;
/** An hour of the week that was the same so often is a rhythm. */
const repeatedWeeks = 2;
/** Points beyond this many standard deviations count as being that far: the anomalous ones do not move the baseline. */
export const CLIP = 3;
/** Times as far, in an hour of the week that is not known yet. */
const unknownClips = 10;
/** The first few count as they are. */
const unclippedPoints = 5;
/** An hour's own deviation is trusted from this many points on. */
const minHourPoints = 3;
const globalFloor = 0.3;
const relativeFloor = 0.001;
/** Of any standard deviation. */
export const MIN_SIGMA = 1e-9;

/** What a value at a time was expected to be. */
export interface Expectation {
  /** By the hour of the day and of the week. */
  mean: number;
  /** By the hour of the day alone. */
  hourMean: number;
  sigma: number;
  hour: number;
  hourOfWeek: number;
}

interface Limited extends Expectation {
  /** How far a value counts at most. */
  limit: number;
}

/** Of a value at a time (ms), from the robust means of its hour of the day, blended into the nearer neighbour's, and of the week. */
export function expectAt(state: DetectorState, at: number, value: number): Expectation {
  const phase = positiveModulo(at, dayMs) / hourMs;
  const hour = Math.floor(phase);
  const hourOfWeek = Math.floor(positiveModulo(at, HOURS_OF_WEEK * hourMs) / hourMs);
  const hourMean = blendHours(state, hour, phase - hour - 0.5);
  const sigma = sigmaOf(state, hour, value);
  const mean = hourMean + weekdayOffset(state, hourOfWeek, sigma);
  return { mean, hourMean, sigma, hour, hourOfWeek };
}

/** Takes a value into the baseline, clipped around what was expected of it. */
export function learnSeason(state: DetectorState, value: number, expected: Expectation): void {
  const limit = state.points < unclippedPoints ? Number.MAX_VALUE : CLIP * expected.sigma;
  learnHour(state, value, { ...expected, limit });
  learnHourOfWeek(state, value, { ...expected, limit });
}

/** Moves the baseline of every hour of the day, so that what is learned next counts more; hours of the week are learned anew. */
export function shiftSeason(state: DetectorState, by: number, keep: number): void {
  const { slots } = state;
  for (let hour = 0; hour < HOURS; hour++) {
    slots[HOUR_MEANS + hour] = at(slots, HOUR_MEANS + hour) + by;
    slots[HOUR_COUNTS + hour] = at(slots, HOUR_COUNTS + hour) * keep;
  }
  slots.fill(0, WEEK_MEANS, WEEK_MEANS + HOURS_OF_WEEK);
  state.weekCounts.fill(0);
}

/** The smallest deviation that is one: of values this large, or of a series that varies this much. */
export function sigmaFloor(value: number): number {
  return Math.max(relativeFloor * Math.abs(value), MIN_SIGMA);
}

export function clip(value: number, limit: number): number {
  return Math.max(-limit, Math.min(limit, value));
}

/** At least 1. */
export function pointsPerHour({ interval }: DetectorState): number {
  return interval > 0 ? Math.max(1, hourMs / interval) : 1;
}

/** The mean of an hour of the day is that of what the hour of the week does not explain. */
function learnHour(state: DetectorState, value: number, { hour, hourMean, mean, limit }: Limited): void {
  const { slots } = state;
  const count = Math.min(at(slots, HOUR_COUNTS + hour) + 1, pointsPerHour(state) * MEMORY_DAYS);
  slots[HOUR_COUNTS + hour] = count;
  if (count <= 1) {
    slots[HOUR_MEANS + hour] = value;
    slots[HOUR_VARIANCES + hour] = state.levelVariance;
    return;
  }
  const own = at(slots, HOUR_MEANS + hour);
  const variance = at(slots, HOUR_VARIANCES + hour);
  const step = clip(value - mean, limit);
  slots[HOUR_MEANS + hour] = own + clip(value - (mean - hourMean) - own, limit) / count;
  slots[HOUR_VARIANCES + hour] = variance + (step * step - variance) / count;
}

/** Until an hour of the week is known it may be far off the day's; what is learned of it counts for little then. */
function learnHourOfWeek(state: DetectorState, value: number, { hourOfWeek, hourMean, limit }: Limited): void {
  const perHour = pointsPerHour(state);
  const cap = Math.min(maxWeekCount, Math.max(1, Math.floor(perHour * memoryWeeks)));
  const count = Math.min((state.weekCounts[hourOfWeek] as number) + 1, cap);
  state.weekCounts[hourOfWeek] = count;
  const offset = at(state.slots, WEEK_MEANS + hourOfWeek);
  const step = value - hourMean - offset;
  const isKnown = count >= repeatedWeeks * perHour;
  state.slots[WEEK_MEANS + hourOfWeek] = offset + clip(step, isKnown ? limit : unknownClips * limit) / count;
}

function blendHours(state: DetectorState, hour: number, beyondMiddle: number): number {
  const { slots } = state;
  if (at(slots, HOUR_COUNTS + hour) < 1) return state.level;
  const own = at(slots, HOUR_MEANS + hour);
  const neighbour = (hour + (beyondMiddle < 0 ? HOURS - 1 : 1)) % HOURS;
  if (at(slots, HOUR_COUNTS + neighbour) < 1) return own;
  return own + Math.abs(beyondMiddle) * (at(slots, HOUR_MEANS + neighbour) - own);
}

/** What the hour of the week adds: doubted while it was seen once, and from then on as far as it may be noise. */
function weekdayOffset(state: DetectorState, hourOfWeek: number, sigma: number): number {
  const count = state.weekCounts[hourOfWeek] as number;
  const offset = at(state.slots, WEEK_MEANS + hourOfWeek);
  const perHour = pointsPerHour(state);
  const doubt = (weekdayPrior * perHour) / (count + weekdayPrior * perHour);
  if (count < repeatedWeeks * perHour) return offset * (1 - doubt);
  const noise = sigma * sigma;
  return offset * (1 - (doubt * noise) / (noise + offset * offset));
}

function sigmaOf(state: DetectorState, hour: number, value: number): number {
  const overall = Math.sqrt(state.levelVariance);
  const isKnown = at(state.slots, HOUR_COUNTS + hour) >= minHourPoints;
  const own = isKnown ? Math.sqrt(at(state.slots, HOUR_VARIANCES + hour)) : overall;
  return Math.max(own, globalFloor * overall, sigmaFloor(value));
}

function positiveModulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}

function at(slots: Float32Array, index: number): number {
  return slots[index] as number;
}
