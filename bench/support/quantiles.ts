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
