import {
  type AlertPolicies,
  type AlertState,
  countPoint,
  createAlertState,
  raisesAlert,
  startOfAlert,
  wouldRaise,
} from './alert-policy.ts';
import { createDetector, isOrdinary, judge, observe, type Verdict } from './detector.ts';
import type { DetectorState } from './detector-state.ts';
import { baselineOf, type EndReason, type Episode, endEpisode, type Finding, tell, toFinding } from './episode.ts';

/** An anomaly is over after this many points in a row that are as expected. */
export const QUIET_POINTS = 5;
/** A point this many times as far off as the one that is told is told instead. */
const worseTimes = 2;

/** What is watched of one series, whose points are whole minutes in order. */
export interface SeriesWatch {
  detector: DetectorState;
  long: AlertState;
  short: AlertState;
  /** Start of the last minute that was judged; -Infinity: none. */
  closedAt: number;
  /** Start of the last minute in which something came. */
  lastDataAt: number;
  /** Mean time between minutes with data, and the longest of the last days; ms. */
  gapMs: number;
  longestGapMs: number;
  /** Points in a row that were as expected, and since when, while an anomaly is open. */
  quietPoints: number;
  quietSince: number;
  anomaly: Episode | undefined;
  missing: Episode | undefined;
  /** When the silence of the series is to be looked at, ms; Infinity: never. */
  silenceDueAt: number;
}

export interface Point {
  /** Start of the minute. */
  at: number;
  value: number;
}

/** On what terms a point is judged. */
export interface Terms {
  policies: AlertPolicies;
  /** When it became known; ms since the epoch. */
  detectedAt: number;
  /** Id of the maintenance that it falls in; empty: none. */
  mutedBy: string;
  /** Gets what changed of anomalies. */
  told: Episode[];
}

export function createWatch(detector: DetectorState = createDetector()): SeriesWatch {
  return {
    detector,
    long: createAlertState(),
    short: createAlertState(),
    closedAt: Number.NEGATIVE_INFINITY,
    lastDataAt: 0,
    gapMs: 0,
    longestGapMs: 0,
    quietPoints: 0,
    quietSince: 0,
    anomaly: undefined,
    missing: undefined,
    silenceDueAt: Number.POSITIVE_INFINITY,
  };
}

/** Judges a point that may yet change, without learning. What is anomalous enough opens an anomaly, until the minute is closed. */
export function peekPoint(watch: SeriesWatch, point: Point, terms: Terms): void {
  if (watch.anomaly !== undefined || isOrdinary(watch.detector, point.value)) return;
  const verdict = judge(watch.detector, point.at, point.value);
  if (verdict.isLearning) return;
  const startsAt = wouldStartAt(watch, verdict, { at: point.at, ...terms });
  if (startsAt === undefined) return;
  const finding = toFinding(verdict, point, baselineOf(watch.detector));
  watch.anomaly = openAnomaly(finding, { terms, startsAt, isProvisional: true });
  terms.told.push({ ...watch.anomaly });
}

/** Judges the next point and learns it, unless it falls in a maintenance. */
export function closePoint(watch: SeriesWatch, point: Point, terms: Terms): Verdict {
  const { detector } = watch;
  const { points, firstAt, lastAt } = detector;
  const look = terms.mutedBy === '' ? observe : judge;
  const verdict = look(detector, point.at, point.value);
  if (verdict.isLearning) return verdict;
  const startsAt = takeAlert(watch, verdict, { at: point.at, ...terms });
  if (watch.anomaly === undefined && startsAt === undefined) return verdict;
  const finding = toFinding(verdict, point, baselineOf({ points, firstAt, lastAt }));
  if (watch.anomaly !== undefined)
    follow(watch, watch.anomaly, { verdict, finding, terms, isRaised: startsAt !== undefined });
  else if (startsAt !== undefined) {
    watch.anomaly = openAnomaly(finding, { terms, startsAt, isProvisional: false });
    watch.quietPoints = 0;
    terms.told.push({ ...watch.anomaly });
  }
  return verdict;
}

type AlertTerms = Pick<Terms, 'policies' | 'mutedBy'> & { at: number };

/** Since when the alert goes on that a point would raise; undefined: none. */
function wouldStartAt(watch: SeriesWatch, verdict: Verdict, { at, policies }: AlertTerms): number | undefined {
  const { long, short } = watch;
  if (wouldRaise(long, policies.long, { at, score: verdict.longScore })) return startOfAlert(long, policies.long, at);
  if (wouldRaise(short, policies.short, { at, score: verdict.shortScore }))
    return startOfAlert(short, policies.short, at);
  return undefined;
}

/** The same, and notes the point. A muted alert does not hold the next one back. */
function takeAlert(watch: SeriesWatch, verdict: Verdict, terms: AlertTerms): number | undefined {
  const startsAt = wouldStartAt(watch, verdict, terms);
  const take = terms.mutedBy === '' ? raisesAlert : countPoint;
  take(watch.long, terms.policies.long, { at: terms.at, score: verdict.longScore });
  take(watch.short, terms.policies.short, { at: terms.at, score: verdict.shortScore });
  return startsAt;
}

function openAnomaly(
  finding: Finding,
  { terms, startsAt, isProvisional }: { terms: Terms; startsAt: number; isProvisional: boolean },
): Episode {
  const { detectedAt, mutedBy } = terms;
  return {
    kind: 'statistical',
    startsAt,
    endsAt: 0,
    detectedAt,
    revision: 0,
    reason: '',
    mutedBy,
    isProvisional,
    finding,
  };
}

interface Closed {
  verdict: Verdict;
  finding: Finding;
  terms: Terms;
  isRaised: boolean;
}

/** What the next closed point means for an anomaly that goes on. */
function follow(watch: SeriesWatch, anomaly: Episode, closed: Closed): void {
  const { verdict, finding, terms } = closed;
  if (anomaly.isProvisional) confirm(watch, anomaly, closed);
  else if (verdict.hasShifted) end(watch, terms, { reason: 'shift_learned', at: finding.at });
  else if (isOff(closed)) {
    watch.quietPoints = 0;
    tellIfWorse(anomaly, finding, terms);
  } else quieten(watch, finding.at, terms);
}

function confirm(watch: SeriesWatch, anomaly: Episode, { finding, terms, isRaised }: Closed): void {
  watch.quietPoints = 0;
  if (!isRaised) {
    end(watch, terms, { reason: 'withdrawn', at: finding.at });
    return;
  }
  anomaly.isProvisional = false;
  anomaly.finding = finding;
  terms.told.push(tell(anomaly));
}

/** A series may stay far off for longer than that is rare; and the step back is as unusual as the one away. */
function isOff({ verdict, finding, terms: { policies } }: Closed): boolean {
  return verdict.longScore >= policies.long.threshold || finding.value < finding.low || finding.value > finding.high;
}

function tellIfWorse(anomaly: Episode, finding: Finding, { mutedBy, told }: Terms): void {
  const isWorse = Math.abs(finding.zScore) >= worseTimes * Math.abs(anomaly.finding.zScore);
  const isReleased = anomaly.mutedBy !== '' && mutedBy === '';
  if (isWorse) anomaly.finding = finding;
  if (isReleased) anomaly.mutedBy = '';
  if (isWorse || isReleased) told.push(tell(anomaly));
}

function quieten(watch: SeriesWatch, at: number, terms: Terms): void {
  if (watch.quietPoints === 0) watch.quietSince = at;
  watch.quietPoints += 1;
  if (watch.quietPoints >= QUIET_POINTS) end(watch, terms, { reason: 'back_to_expected', at: watch.quietSince });
}

function end(watch: SeriesWatch, { told }: Terms, { reason, at }: { reason: EndReason; at: number }): void {
  if (watch.anomaly !== undefined) told.push(endEpisode(watch.anomaly, reason, at));
  watch.anomaly = undefined;
}
