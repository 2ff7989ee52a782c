/** Standard deviations at which the score is 1 - 1/e. With it the documented pair fits: z 4.2 has score 0.93. */
const SCALE = 1.58;
/** Where the difference from 1 is lost in a double, the score stays below it. */
const MAX_SCORE = 1 - 2 ** -53;
const HUNDREDTHS = 100;

/** How unusual a deviation of `z` standard deviations is, either way: from 0 to below 1, always finite; NaN counts as none. */
export function scoreOf(z: number): number {
  return Number.isNaN(z) ? 0 : Math.min(1 - Math.exp(-Math.abs(z) / SCALE), MAX_SCORE);
}

/** The deviation upwards that has this score, in standard deviations to two decimals: the inverse of {@link scoreOf}, always finite. */
export function zOf(score: number): number {
  const bounded = Math.min(Math.max(score, 0), MAX_SCORE);
  return Math.round(-SCALE * Math.log(1 - bounded) * HUNDREDTHS) / HUNDREDTHS;
}
