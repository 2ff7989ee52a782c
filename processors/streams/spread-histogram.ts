import type { HistogramPoint } from '../../schemas/telemetry/metric-batch.ts';

/** Values that stand for those of one histogram, and how often each counts. */
export interface SpreadHistogram {
  samples: number[];
  weights: number[];
}

/** Values that stand for one histogram, about; every bucket that is not empty has at least one. */
export const REPRESENTATIVES = 60;

type Shape = Pick<HistogramPoint, 'bounds' | 'min' | 'max' | 'sum'>;

/**
 * Spreads the counts of each bucket evenly over its width: quantiles of the samples lie in the bucket of the true ones. The weights add up to
 * the counts, rounded bucket by bucket. A bucket without an end, or a beginning, is as wide as the extremes say, else it is its one bound.
 */
export function spreadHistogram(shape: Shape, counts: readonly number[]): SpreadHistogram {
  const total = counts.reduce((sum, count) => sum + Math.round(count), 0);
  const spread: SpreadHistogram = { samples: [], weights: [] };
  for (const [bucket, count] of counts.entries()) {
    const whole = Math.round(count);
    if (whole > 0) spreadBucket(spread, edgesOf(shape, bucket, total), { count: whole, total });
  }
  return spread;
}

interface Edges {
  low: number;
  high: number;
}

function spreadBucket({ samples, weights }: SpreadHistogram, edges: Edges, of: { count: number; total: number }): void {
  const { count, total } = of;
  const isPoint = edges.low === edges.high;
  const values = isPoint ? 1 : Math.min(count, Math.max(1, Math.round((REPRESENTATIVES * count) / total)));
  for (let n = 0; n < values; n++) {
    samples.push(edges.low + ((edges.high - edges.low) * (n + 0.5)) / values);
    weights.push(Math.floor(((n + 1) * count) / values) - Math.floor((n * count) / values));
  }
}

function edgesOf({ bounds, min, max, sum }: Shape, bucket: number, total: number): Edges {
  const [first] = bounds;
  const mean = (sum ?? 0) / total;
  const low = bounds[bucket - 1] ?? min ?? (first === undefined ? mean : Math.min(first, 0));
  const high = bounds[bucket] ?? max ?? bounds.at(-1) ?? mean;
  // Extremes narrow a bucket, and are believed as far as they agree with its bounds.
  const from = min !== null && min <= high ? Math.max(low, min) : low;
  const to = max !== null && max >= from ? Math.min(high, max) : high;
  return { low: Math.min(from, to), high: to };
}
