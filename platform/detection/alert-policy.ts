/** When scores become alerts. It is applied to scores and is no part of them. */
export interface AlertPolicy {
  /** Of the score, from which on a point is anomalous. */
  threshold: number;
  /** Anomalous points in a row that it takes, at least 1. */
  persistencePoints: number;
  /** No other alert for this long after one, */
  cooldownMs: number;
  /** unless its score is higher by this. */
  escalation: number;
}

/** One for each of the two scores of a point. */
export interface AlertPolicies {
  long: AlertPolicy;
  short: AlertPolicy;
}

const hourMs = 3_600_000;
/** A thousand times less probable than what raised the last alert, which may have been chance, is something else. */
const escalation = 3;

/** Of scores for incidents that last: what goes on for a day is told once. */
export const LONG_POLICY: AlertPolicy = { threshold: 3, persistencePoints: 1, cooldownMs: 24 * hourMs, escalation };
/** Of scores for incidents of a few points: a single point is not yet one. */
export const SHORT_POLICY: AlertPolicy = { threshold: 3.5, persistencePoints: 2, cooldownMs: hourMs, escalation };
export const PRESENT_POLICIES: AlertPolicies = { long: LONG_POLICY, short: SHORT_POLICY };

/** What a policy remembers of a series. Times are ms since the epoch, -Infinity: never. */
export interface AlertState {
  anomalousPoints: number;
  /** The first of them. */
  anomalousSince: number;
  lastAlertAt: number;
  /** Of the last alert. */
  lastAlertScore: number;
}

export interface ScoredPoint {
  at: number;
  score: number;
}

export function createAlertState(): AlertState {
  return {
    anomalousPoints: 0,
    anomalousSince: Number.NEGATIVE_INFINITY,
    lastAlertAt: Number.NEGATIVE_INFINITY,
    lastAlertScore: 0,
  };
}

/** Whether the next point of a series raises an alert; notes it. `at`: ms since the epoch. */
export function raisesAlert(state: AlertState, policy: AlertPolicy, point: ScoredPoint): boolean {
  const isRaised = wouldRaise(state, policy, point);
  countPoint(state, policy, point);
  if (isRaised) {
    state.lastAlertAt = point.at;
    state.lastAlertScore = point.score;
  }
  return isRaised;
}

/** The same without noting anything. */
export function wouldRaise(state: AlertState, policy: AlertPolicy, { at, score }: ScoredPoint): boolean {
  if (score < policy.threshold || state.anomalousPoints + 1 < policy.persistencePoints) return false;
  return at - state.lastAlertAt >= policy.cooldownMs || score >= state.lastAlertScore + policy.escalation;
}

/** Counts a point for the persistence, and raises nothing. */
export function countPoint(state: AlertState, policy: AlertPolicy, { at, score }: ScoredPoint): void {
  if (score < policy.threshold) state.anomalousPoints = 0;
  else {
    if (state.anomalousPoints === 0) state.anomalousSince = at;
    state.anomalousPoints += 1;
  }
}

/** Since when what an alert is about goes on: the first of the points that it took, where those after it raised none. */
export function startOfAlert(state: AlertState, policy: AlertPolicy, at: number): number {
  return state.anomalousPoints < policy.persistencePoints && state.anomalousPoints > 0 ? state.anomalousSince : at;
}
