import type { Aggregate } from './figures.ts';

/** The samples on both sides of p50, p90, p95, p99 in turn, as the sketches answer them. */
export type Ranks = readonly [number, number, number, number, number, number, number, number];

/** The quantiles where they fall between two samples: interpolated, so that the median of two values is their mean. */
export function toQuantiles(ranks: Ranks): Aggregate['quantiles'] {
  return [
    between(ranks[0], ranks[1], 0.5),
    between(ranks[2], ranks[3], 0.9),
    between(ranks[4], ranks[5], 0.95),
    between(ranks[6], ranks[7], 0.99),
  ];
}

const between = (lower: number, upper: number, p: number): number => lower * p + upper * (1 - p);
