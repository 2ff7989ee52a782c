/** When scores become alerts. It is applied to scores and is no part of them. */
export interface AlertPolicy {
  /** Of the score, from which on a point is anomalous. */
  threshold: number;
  /** Anomalous points in a row that it takes, at least 1. */
  persistencePoints: number;
  /** No other alert for this long after one. */
  cooldownMs: number;
}

const hourMs = 3_600_000;

/** Of scores for incidents that last: what goes on for a day is told once. */
export const LONG_POLICY: AlertPolicy = { threshold: 3, persistencePoints: 1, cooldownMs: 24 * hourMs };
/** Of scores for incidents of a few points: a single point is not yet one. */
export const SHORT_POLICY: AlertPolicy = { threshold: 3.5, persistencePoints: 2, cooldownMs: hourMs };

/** What a policy remembers of a series. */
export interface AlertState {
  anomalousPoints: number;
  /** -Infinity: never. */
  lastAlertAt: number;
}

export function createAlertState(): AlertState {
  return { anomalousPoints: 0, lastAlertAt: Number.NEGATIVE_INFINITY };
}

/** Whether the next point of a series raises an alert; notes it. `at`: ms since the epoch. */
export function raisesAlert(
  state: AlertState,
  policy: AlertPolicy,
  { at, score }: { at: number; score: number },
): boolean {
  state.anomalousPoints = score >= policy.threshold ? state.anomalousPoints + 1 : 0;
  if (state.anomalousPoints < policy.persistencePoints) return false;
  if (at - state.lastAlertAt < policy.cooldownMs) return false;
  state.lastAlertAt = at;
  return true;
}
