/**
 * The bins of DDSketch (Masson, Rim, Lee: DDSketch, VLDB 2019): whole numbers in the order of their values, each standing for values
 * that differ from its middle by at most the relative error. 0 stands for zero, the negative bins mirror the positive ones. Counts per bin
 * merge by addition, so the order in which sketches are merged, or taken apart again, does not matter.
 */
export const RELATIVE_ERROR = 0.01;
/** What is nearer to zero counts as zero. */
export const MIN_MAGNITUDE = 1e-9;
/** What is farther from zero counts as being as far as this. */
export const MAX_MAGNITUDE = 1e18;

const gamma = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR);
const binsPerE = 1 / Math.log(gamma);
const below = Math.ceil(Math.log(MIN_MAGNITUDE) * binsPerE) - 1;

/** Largest bin; the smallest is its negative. */
export const MAX_BIN: number = Math.ceil(Math.log(MAX_MAGNITUDE) * binsPerE) - below;

const middles = Float64Array.from({ length: MAX_BIN + 1 }, (_, bin) =>
  bin === 0 ? 0 : (2 * gamma ** (bin + below)) / (gamma + 1),
);

/** The bin of a finite value. */
export function binOf(value: number): number {
  const magnitude = Math.abs(value);
  if (magnitude < MIN_MAGNITUDE) return 0;
  const bin = Math.min(Math.max(Math.ceil(Math.log(magnitude) * binsPerE) - below, 1), MAX_BIN);
  return value < 0 ? -bin : bin;
}

/** The value a bin stands for. */
export function middleOf(bin: number): number {
  return bin < 0 ? -(middles[-bin] ?? 0) : (middles[bin] ?? 0);
}
