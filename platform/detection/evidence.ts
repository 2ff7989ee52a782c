import type { DetectorState } from './detector-state.ts';
import { CLIP, clip, type Expectation, MEMORY_DAYS, pointsPerHour, sigmaFloor } from './season.ts';

/** Why a point may be anomalous, in the order of the tail models. */
export const EVIDENCE_NAMES = ['season', 'sustained', 'roughness', 'level', 'residual', 'difference'] as const;
export type EvidenceName = (typeof EVIDENCE_NAMES)[number];

/** Points a spread is trusted from. */
const minLevelPoints = 3;
const minStepPoints = 5;
/** Points over which evidence counts as sustained. */
const sustainedPoints = 12;
/** Of the mean of the seasonal z-score, so that its tail model needs few bins. */
export const MAX_SUSTAINED = 8;
const maxRoughness = 6;
/** Points over which a departure from the season becomes what is expected next. */
const driftPoints = 5;
const maxZ = 1e9;

/** Departures of one point, signed, in standard deviations. */
export interface Departures {
  season: number;
  level: number;
  residual: number;
  difference: number;
}

/**
 * How far a value departs from what its season, its level and the points before it let expect; 0 while that is not known. A step is measured
 * against what the season leaves unexplained too, so that the edge of a rhythm is none.
 */
export function measureDepartures(state: DetectorState, value: number, { mean, sigma }: Expectation): Departures {
  const { points } = state;
  const floor = sigmaFloor(value);
  const isLevelKnown = points >= minLevelPoints;
  const isStepKnown = points > minStepPoints;
  return {
    season: isLevelKnown ? clip((value - mean) / sigma, maxZ) : 0,
    level: isLevelKnown ? standardize(value - state.level, state.levelVariance, floor) : 0,
    residual: isStepKnown ? standardize(value - mean - state.drift, state.residualVariance, sigma) : 0,
    difference: isStepKnown ? standardize(stepOf(state, value, mean), state.differenceVariance, sigma) : 0,
  };
}

/** What the last points show, with the present one. */
export interface Recent {
  /** Mean of the seasonal z-score. */
  sustained: number;
  /** Mean of the size of steps, in standard deviations. */
  roughness: number;
}

/** Writes how strong each kind of evidence is, 0 or more, and what the last points show with this one. */
export function weighEvidence(
  state: DetectorState,
  { season, level, residual, difference }: Departures,
  { strengths, recent }: { strengths: Float64Array; recent: Recent },
): void {
  recent.sustained = state.sustained + (clip(season, MAX_SUSTAINED) - state.sustained) / sustainedPoints;
  recent.roughness =
    state.roughness + (Math.min(Math.abs(difference), maxRoughness) - state.roughness) / sustainedPoints;
  strengths[0] = Math.abs(season);
  strengths[1] = Math.abs(recent.sustained);
  strengths[2] = recent.roughness;
  // Far from the mean is no evidence where the season expects it: a rhythm would be anomalous for ever.
  strengths[3] = Math.min(Math.abs(level), Math.abs(season));
  strengths[4] = Math.abs(residual);
  strengths[5] = Math.abs(difference);
}

/** Takes a value into level and spreads, clipped: an anomalous point moves them as little as an unusual one. */
export function learnSpreads(state: DetectorState, value: number, { mean, sigma }: Expectation): void {
  const memory = pointsPerHour(state) * 24 * MEMORY_DAYS;
  const floor = sigmaFloor(value);
  const isNew = state.points < minStepPoints;
  const limited = (departure: number, variance: number) =>
    isNew ? departure : clip(departure, CLIP * Math.max(Math.sqrt(variance), floor));
  const points = Math.min(state.points + 1, memory);
  if (state.points > 0) {
    const step = limited(stepOf(state, value, mean), state.differenceVariance);
    state.differenceVariance += (step * step - state.differenceVariance) / Math.min(state.points, memory);
    const residual = limited(value - mean - state.drift, state.residualVariance);
    state.residualVariance += (residual * residual - state.residualVariance) / points;
  }
  const departure = limited(value - state.level, state.levelVariance);
  state.level += departure / points;
  state.levelVariance += (departure * departure - state.levelVariance) / points;
  state.drift += (clip(value - mean, 2 * CLIP * sigma) - state.drift) / driftPoints;
  state.previous = value;
  state.previousDeparture = value - mean;
}

/** From the point before to this one: as it is, or less what the season lets expect, whichever is smaller. */
function stepOf(state: DetectorState, value: number, mean: number): number {
  const step = value - state.previous;
  const unexplained = value - mean - state.previousDeparture;
  return Math.abs(unexplained) < Math.abs(step) ? unexplained : step;
}

function standardize(departure: number, variance: number, floor: number): number {
  return clip(departure / Math.max(Math.sqrt(variance), floor), maxZ);
}
