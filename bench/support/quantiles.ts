/**
 * Exact quantiles of ascending values. `nearestRank`: the smallest value with at least the share `q` of all values at or below it.
 * `lowerRank`: the value at position floor(q * (n - 1)), the definition of the DDSketch paper (Masson, Rim, Lee 2019). `interpolated`:
 * linear between the two values around position q * (n - 1). The two ranks are at most one sample apart.
 */
export interface ExactQuantile {
  nearestRank: number;
  lowerRank: number;
  interpolated: number;
}

export function exactQuantile(ascending: readonly number[], q: number): ExactQuantile {
  const position = q * (ascending.length - 1);
  const below = valueAt(ascending, Math.floor(position));
  const above = valueAt(ascending, Math.ceil(position));
  return {
    nearestRank: nearestRank(ascending, q),
    lowerRank: below,
    interpolated: below + (above - below) * (position - Math.floor(position)),
  };
}

export function nearestRank(ascending: readonly number[], q: number): number {
  return valueAt(ascending, Math.max(0, Math.ceil(q * ascending.length) - 1));
}

export function sortAscending(values: Iterable<number>): number[] {
  return [...values].sort((a, b) => a - b);
}

function valueAt(values: readonly number[], index: number): number {
  return values[index] ?? Number.NaN;
}
