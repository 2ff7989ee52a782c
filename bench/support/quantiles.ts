/**
 * The exact quantile of ascending values: the samples `below` and `above` position q * (n - 1), and `interpolated` linearly between them
 * (type 7 of Hyndman and Fan 1996). Every usual definition of a quantile answers one of these or something in between.
 */
export interface ExactQuantile {
  below: number;
  above: number;
  interpolated: number;
}

export function exactQuantile(ascending: readonly number[], q: number): ExactQuantile {
  const position = q * (ascending.length - 1);
  const below = valueAt(ascending, Math.floor(position));
  const above = valueAt(ascending, Math.ceil(position));
  return { below, above, interpolated: below + (above - below) * (position - Math.floor(position)) };
}

/** The smallest value with at least the share `q` of all ascending values at or below it. */
export function nearestRank(ascending: readonly number[], q: number): number {
  return valueAt(ascending, Math.max(0, Math.ceil(q * ascending.length) - 1));
}

export function sortAscending(values: Iterable<number>): number[] {
  return [...values].sort((a, b) => a - b);
}

function valueAt(values: readonly number[], index: number): number {
  return values[index] ?? Number.NaN;
}
