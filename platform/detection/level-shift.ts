import type { DetectorState } from './detector-state.ts';
import { type Expectation, shiftSeason } from './season.ts';

/** A series that stays on one side of what was expected for this long has another level: that is then learned as the usual one. */
export const SHIFT_MS = 24 * 3_600_000;
/** Standard deviations that are off for a point. */
const offSigmas = 2;
/** Share of the past that counts after a shift, so that the seasons of the new level are learned soon. */
const kept = 0.2;

/** After a point was learned: notes on which side of the expectation it was, and moves the baseline once a shift is confirmed: then true. */
export function followShift(state: DetectorState, at: number, { mean, hourMean, sigma }: Expectation): boolean {
  const departure = (state.previous - mean) / sigma;
  const side = Math.abs(departure) < offSigmas ? 0 : Math.sign(departure);
  if (side === 0 || side !== state.shiftSide) {
    state.shiftSide = side;
    state.shiftedSince = at;
    state.shiftPoints = 0;
    state.shiftMean = 0;
    return false;
  }
  state.shiftPoints++;
  state.shiftMean += (state.previous - hourMean - state.shiftMean) / state.shiftPoints;
  if (at - state.shiftedSince < SHIFT_MS) return false;
  shiftSeason(state, state.shiftMean, kept);
  state.level += state.shiftMean;
  state.drift = 0;
  state.sustained = 0;
  state.shiftSide = 0;
  return true;
}
