/** Points of a labelled segment within which it must be flagged, after its first: the competition's delay. */
export const DELAY_POINTS = 7;

export interface Labelled {
  times: Float64Array;
  labels: Uint8Array;
  scores: Float64Array;
}

/** What is counted of a series: labelled segments with their best timely score, and the scores of all other points. */
export interface Counted {
  segments: { score: number; points: number }[];
  normal: number[];
}

export interface F1 {
  f1: number;
  precision: number;
  recall: number;
}

/** A labelled segment ends with its labels or at a gap in the times. */
export function countParts({ times, labels, scores }: Labelled): Counted {
  const interval = smallestInterval(times);
  const counted: Counted = { segments: [], normal: [] };
  let current: { score: number; points: number } | undefined;
  for (const [index, label] of labels.entries()) {
    const score = scores[index] ?? 0;
    if (label === 0) {
      counted.normal.push(score);
      current = undefined;
      continue;
    }
    const isGap = index > 0 && (times[index] ?? 0) - (times[index - 1] ?? 0) > interval;
    if (current === undefined || isGap) {
      current = { score: 0, points: 0 };
      counted.segments.push(current);
    }
    if (current.points <= DELAY_POINTS) current.score = Math.max(current.score, score);
    current.points++;
  }
  return counted;
}

/** F1 over points when a segment that is flagged in time counts with all its points. */
export function f1At(parts: readonly Counted[], threshold: number): F1 {
  let found = 0;
  let wrong = 0;
  let labelled = 0;
  for (const { segments, normal } of parts) {
    for (const { score, points } of segments) {
      labelled += points;
      if (score >= threshold) found += points;
    }
    for (const score of normal) if (score >= threshold) wrong++;
  }
  return {
    f1: (2 * found) / Math.max(1, found + wrong + labelled),
    precision: found / Math.max(1, found + wrong),
    recall: found / Math.max(1, labelled),
  };
}

/** The threshold of the best F1 on these parts. */
export function learnThreshold(parts: readonly Counted[]): number {
  const labelled = parts.flatMap(({ segments }) => segments).reduce((sum, { points }) => sum + points, 0);
  const marks = parts.flatMap(({ segments }) =>
    segments.map(({ score, points }) => ({ score, found: points, wrong: 0 })),
  );
  for (const { normal } of parts) for (const score of normal) if (score > 0) marks.push({ score, found: 0, wrong: 1 });
  marks.sort((a, b) => b.score - a.score);
  let best = { f1: 0, threshold: Number.POSITIVE_INFINITY };
  let found = 0;
  let wrong = 0;
  for (const [index, mark] of marks.entries()) {
    found += mark.found;
    wrong += mark.wrong;
    if (marks[index + 1]?.score === mark.score) continue;
    const f1 = (2 * found) / (found + wrong + labelled);
    if (mark.score > 0 && f1 > best.f1) best = { f1, threshold: mark.score };
  }
  return best.threshold;
}

function smallestInterval(times: Float64Array): number {
  let smallest = Number.POSITIVE_INFINITY;
  for (let index = 1; index < times.length; index++) {
    smallest = Math.min(smallest, (times[index] ?? 0) - (times[index - 1] ?? 0));
  }
  return smallest;
}
