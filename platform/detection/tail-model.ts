import type { TailPlace } from './detector-state.ts';

/**
 * How often a stream of evidence was this strong or stronger, so that one threshold means the same for every series. Strengths are kept as
 * ln(1 + strength) in equal bins; above the strongest 5 % their logarithm is taken to fall off exponentially.
 */
const binWidth = 0.15;
const topShare = 0.05;
/** Counts are halved beyond this many, so the model follows the series. */
const capacity = 20_000;
/** Points' worth of exponential evidence of mean 1 that a new model starts from. */
const priorPoints = 30;
/** The tail falls off at least this slowly: share of where it begins, which counts as no nearer to zero than the second. */
const minFalloff = 0.05;
const minStart = 0.2;
/** What is rarer than 10 to the minus this is anomalous, and enters the model with little weight. */
export const OUTLIER_SCORE = 3;
const outlierWeight = 0.1;

/** Offsets of the numbers of a model. */
const total = 0;
const start = 1;
const startScore = 2;
const falloff = 3;
const bin0 = 4;

/** Less than this of a point is none. */
const negligible = 1e-6;
const prior: readonly number[] = priorBins();

function priorBins(): number[] {
  const bins: number[] = [];
  for (let bin = 0; ; bin++) {
    const points = priorPoints * (survival(bin) - survival(bin + 1));
    if (points < negligible) return bins;
    bins.push(Math.fround(points));
  }
}

function survival(bin: number): number {
  return Math.exp(-Math.expm1(bin * binWidth));
}

/** The model of a place with as many bins as the prior has, at least. */
export function initTail(slots: Float32Array, tail: TailPlace): void {
  slots.set(prior, tail.at + bin0);
  slots[tail.at + total] = prior.reduce((sum, count) => sum + count, 0);
  refreshTail(slots, tail);
}

/** -log10 of the probability of evidence of this strength or more; below the top 5 % an approximation from 0 upwards. Always finite. */
export function scoreTail(slots: Float32Array, { at }: TailPlace, strength: number): number {
  const excess = Math.log1p(strength) - slot(slots, at + start);
  const base = slot(slots, at + startScore);
  if (excess >= 0) return base + excess / slot(slots, at + falloff);
  return base * (1 + excess / slot(slots, at + start));
}

/** Counts evidence of which `score` was told. */
export function learnTail(
  slots: Float32Array,
  { at, bins }: TailPlace,
  { strength, score }: { strength: number; score: number },
): void {
  const weight = score > OUTLIER_SCORE ? outlierWeight : 1;
  const bin = at + bin0 + Math.min(bins - 1, Math.floor(Math.log1p(strength) / binWidth));
  slots[bin] = slot(slots, bin) + weight;
  const sum = slot(slots, at + total) + weight;
  slots[at + total] = sum;
  if (sum <= capacity) return;
  slots[at + total] = sum / 2;
  for (let index = at + bin0; index < at + bin0 + bins; index++) slots[index] = slot(slots, index) / 2;
}

/** Looks anew where the tail begins and how it falls off; bounded work, to be done now and then. */
export function refreshTail(slots: Float32Array, { at, bins }: TailPlace): void {
  const sum = slot(slots, at + total);
  const first = at + bin0;
  let bin = bins;
  let above = 0;
  while (bin > 1 && above < topShare * sum) above += slot(slots, first + --bin);
  const from = bin * binWidth;
  let excess = 0;
  for (let index = bin; index < bins; index++) excess += slot(slots, first + index) * (index + 0.5 - bin) * binWidth;
  const meanExcess = Math.max(excess / above, minFalloff * Math.max(from, minStart));
  slots[at + start] = from;
  slots[at + startScore] = -Math.log10(above / sum);
  slots[at + falloff] = meanExcess * Math.LN10;
}

function slot(slots: Float32Array, index: number): number {
  return slots[index] as number;
}
