import type { DetectorState } from './detector-state.ts';
import { shiftSeason } from './season.ts';

/** A series that stays on one side of what was expected for this long has another level: that is then learned as the usual one. */
export const SHIFT_MS = 24 * 3_600_000;
/** Standard deviations that are off for a point. */
const offSigmas = 2;
/** Share of the past that counts after a shift, so that the seasons of the new level are learned soon. */
const kept = 0.2;

/** Notes on which side of the expectation a point was, and moves the baseline once a shift is confirmed. */
export function followShift(state: DetectorState, at: number, departure: number): void {
  const side = Math.abs(departure) < offSigmas ? 0 : Math.sign(departure);
  if (side === 0 || side !== state.shiftSide) {
    state.shiftSide = side;
    state.shiftedSince = at;
    return;
  }
  if (at - state.shiftedSince < SHIFT_MS) return;
  shiftSeason(state, state.drift, kept);
  state.level += state.drift;
  state.drift = 0;
  state.sustained = 0;
  state.shiftSide = 0;
}
