import type { Verdict } from './detector.ts';
import { closePoint, type Point, type SeriesWatch, type Terms } from './series-watch.ts';
import { expectNext, followGap } from './silence.ts';

export const MINUTE_MS = 60_000;
/** Names of metrics that count log events of a service: what is watched is their number a minute. */
export const COUNTED_METRICS = 'logs.';
/** Minutes without a log event that are learned as zero before the next one. */
export const MAX_ZERO_MINUTES = 180;

/** Around the minutes of a series. Times are ms since the epoch. */
export interface Look {
  terms: Terms;
  /** Minutes without data are zeros. */
  isCounted: boolean;
  /** It may stop without anything being wrong. */
  mayStop: boolean;
  /** What time it is: a minute is told to be found when it was over, however many are closed at once. */
  clock: number;
  /** Id of the maintenance at a time; empty: none. */
  mutingAt(at: number): string;
  onVerdict?: ((at: number, verdict: Verdict) => void) | undefined;
}

/** Levels of log events of which it is no trouble that none come any more. */
const silentLevels = new Set(['warn', 'error', 'fatal'].map((level) => COUNTED_METRICS + level));

/** Whether a series may stop without anything being wrong. */
export const mayStop = (subjectKind: string, metric: string): boolean =>
  subjectKind === 'service' && silentLevels.has(metric);

export const isCountedMetric = (subjectKind: string, metric: string): boolean =>
  subjectKind === 'service' && metric.startsWith(COUNTED_METRICS);

/** Judges and learns the next minute with data of a series, and the zeros before it where it is counted. */
export function closeMinute(watch: SeriesWatch, point: Point, look: Look): void {
  if (look.isCounted) closeZeros(watch, point.at, look);
  followGap(watch, point.at);
  close(watch, point, look);
  watch.closedAt = point.at;
  if (!look.mayStop) expectNext(watch);
}

function closeZeros(watch: SeriesWatch, before: number, look: Look): void {
  if (watch.closedAt === Number.NEGATIVE_INFINITY) return;
  const from = Math.max(watch.closedAt + MINUTE_MS, before - MAX_ZERO_MINUTES * MINUTE_MS);
  for (let at = from; at < before; at += MINUTE_MS) close(watch, { at, value: 0 }, look);
}

function close(watch: SeriesWatch, point: Point, { terms, clock, mutingAt, onVerdict }: Look): void {
  terms.detectedAt = Math.min(clock, point.at + MINUTE_MS);
  terms.mutedBy = mutingAt(point.at);
  const verdict = closePoint(watch, point, terms);
  onVerdict?.(point.at, verdict);
}
