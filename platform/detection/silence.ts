import { scoreOf } from '../../schemas/anomaly-score.ts';
import { LEARNING_POINTS } from './detector.ts';
import type { DetectorState } from './detector-state.ts';
import { HOUR_COUNTS, HOURS, HOURS_OF_WEEK } from './detector-state.ts';
import { baselineOf, type Episode, endEpisode, tell } from './episode.ts';
import type { SeriesWatch, Terms } from './series-watch.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** A series that comes more rarely than this may be silent. */
export const MAX_REGULAR_GAP_MS: number = 15 * minuteMs;
/** Silence is missing data from the longest of these on. */
export const SILENT_GAPS = 5;
export const MIN_SILENCE_MS: number = 5 * minuteMs;
const longestGaps = 2;
/** A series is known this long before its silence means something. */
export const MIN_AGE_MS: number = dayMs;
/** Longer gaps say nothing of how the series comes while it comes. */
const maxGapMs = hourMs;
const gapMemory = 50;
/** So many gaps later the longest counts for 1/e. */
const longestMemory = 2_000;
/** Share of the points of the fullest hour that an hour has in which the series usually comes. */
const usualShare = 0.5;
const usualWeekShare = 0.25;
/** From this age on the hours of the week are known. */
const weekKnownMs = 8 * dayMs;
/** Silence of this length is told no longer. */
export const GIVE_UP_MS: number = 7 * dayMs;

/** Takes the time since the last minute with data into what is usual; before the next one, at `at`, is closed. */
export function followGap(watch: SeriesWatch, at: number): void {
  const { points } = watch.detector;
  const gap = Math.min(at - watch.lastDataAt, maxGapMs);
  watch.lastDataAt = at;
  if (points === 0 || gap <= 0) return;
  watch.gapMs = watch.gapMs === 0 ? gap : watch.gapMs + (gap - watch.gapMs) / Math.min(points, gapMemory);
  const longest = watch.longestGapMs * (1 - 1 / longestMemory);
  watch.longestGapMs = gap < maxGapMs && watch.missing === undefined ? Math.max(gap, longest) : longest;
}

/** After a point was closed: notes when the silence after it means something. */
export function expectNext(watch: SeriesWatch): void {
  watch.silenceDueAt = watch.lastDataAt + minuteMs + silenceOf(watch);
}

/** Looks at a series of which nothing has come until `at`; to be called when {@link SeriesWatch.silenceDueAt} is reached. */
export function checkSilence(watch: SeriesWatch, at: number, terms: Terms): void {
  if (watch.missing !== undefined) followSilence(watch, watch.missing, { at, terms });
  else if (at >= watch.lastDataAt + GIVE_UP_MS) watch.silenceDueAt = Number.POSITIVE_INFINITY;
  else if (isUsualHour(watch.detector, at) && isUsualHour(watch.detector, at + hourMs / 2)) {
    watch.missing = toMissing(watch, terms);
    terms.told.push({ ...watch.missing });
    watch.silenceDueAt = followDueAt(watch.missing, at);
  } else watch.silenceDueAt = (Math.floor(at / hourMs) + 1) * hourMs + silenceOf(watch);
}

/** Something has come: what was missing is missing no more. */
export function endSilence(watch: SeriesWatch, at: number, { told }: Terms): void {
  if (watch.missing === undefined) return;
  told.push(endEpisode(watch.missing, 'data_came_back', at));
  watch.missing = undefined;
  watch.silenceDueAt = Number.POSITIVE_INFINITY;
  // That gap is none of the usual ones.
  watch.lastDataAt = Math.floor(at / minuteMs) * minuteMs;
}

/** How long the series has to be silent for that to be missing data, ms; Infinity: it may be silent. */
function silenceOf({ detector, gapMs, longestGapMs, lastDataAt }: SeriesWatch): number {
  const isKnown = detector.points >= LEARNING_POINTS && lastDataAt - detector.firstAt >= MIN_AGE_MS;
  if (!isKnown || gapMs <= 0 || gapMs > MAX_REGULAR_GAP_MS) return Number.POSITIVE_INFINITY;
  return Math.max(MIN_SILENCE_MS, SILENT_GAPS * gapMs, longestGaps * longestGapMs);
}

/** While it is muted, with every minute. */
function followDueAt({ mutedBy, startsAt }: Episode, at: number): number {
  return mutedBy === '' ? startsAt + GIVE_UP_MS : at + minuteMs;
}

function followSilence(watch: SeriesWatch, missing: Episode, { at, terms }: { at: number; terms: Terms }): void {
  if (at >= missing.startsAt + GIVE_UP_MS) {
    terms.told.push(endEpisode(missing, 'given_up', at));
    watch.missing = undefined;
    watch.silenceDueAt = Number.POSITIVE_INFINITY;
    return;
  }
  if (missing.mutedBy !== '' && terms.mutedBy === '') {
    missing.mutedBy = '';
    terms.told.push(tell(missing));
  }
  watch.silenceDueAt = followDueAt(missing, at);
}

/** The value is 0 minutes with data where this share of them was expected; the deviation is how many times the usual longest gap it has been. */
function toMissing(
  { detector, gapMs, longestGapMs, lastDataAt }: SeriesWatch,
  { detectedAt, mutedBy }: Terms,
): Episode {
  const { points, from, to } = baselineOf(detector);
  const startsAt = lastDataAt + minuteMs;
  const zScore = -(detectedAt - lastDataAt) / Math.max(gapMs, longestGapMs);
  const expected = minuteMs / gapMs;
  return {
    kind: 'missing_data',
    ...{ startsAt, endsAt: 0, detectedAt, revision: 0, reason: '', mutedBy, isProvisional: false },
    finding: {
      ...{ at: startsAt, value: 0, expected, low: expected, high: expected, zScore, anomalyScore: scoreOf(zScore) },
      ...{ probability: 0, evidence: 'silence', points, baselineFrom: from, baselineTo: to },
    },
  };
}

/** Whether the series has usually come in the hour of a time. */
function isUsualHour({ slots, weekCounts, firstAt, lastAt }: DetectorState, at: number): boolean {
  const hours = slots.subarray(HOUR_COUNTS, HOUR_COUNTS + HOURS);
  const hour = Math.floor(at / hourMs) % HOURS;
  if ((hours[hour] as number) < usualShare * Math.max(...hours)) return false;
  if (lastAt - firstAt < weekKnownMs) return true;
  const hourOfWeek = Math.floor(at / hourMs) % HOURS_OF_WEEK;
  return (weekCounts[hourOfWeek] as number) >= usualWeekShare * Math.max(...weekCounts);
}
