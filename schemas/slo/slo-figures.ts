/** Events with a target, and those of them that missed it. */
export interface EventCount {
  events: number;
  bad: number;
}

/** How much may go wrong, and how much did; in events. */
export interface ErrorBudget {
  /** What may be bad of the events so far. */
  total: number;
  spent: number;
  /** Negative where it is overspent. */
  remaining: number;
  /** What remains of the total, 1 to minus infinity; null without events. */
  share: number | null;
}

/** An alert about the speed at which a budget is spent: raised when both windows say so. */
export interface BurnAlert {
  name: 'fast' | 'slow';
  /** The share of the budget that is spent in the long window at the threshold. */
  budgetShare: number;
  shortMs: number;
  longMs: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/**
 * Beyer et al., The Site Reliability Workbook (2018), chapter 5: 2 % of the budget in an hour, 5 % in six hours; the short window, a twelfth of the long one,
 * ends the alert soon after the burning has ended.
 */
export const BURN_ALERTS: readonly [fast: BurnAlert, slow: BurnAlert] = [
  { name: 'fast', budgetShare: 0.02, shortMs: 5 * MINUTE_MS, longMs: HOUR_MS },
  { name: 'slow', budgetShare: 0.05, shortMs: 30 * MINUTE_MS, longMs: 6 * HOUR_MS },
];

/** Where decimal fractions are rounded to undo the error of their binary form. */
const DECIMALS = 1e12;

/** The share of events that may be bad: 0.01 for an objective of 0.99, without the error of the subtraction. Never 0. */
export const allowedShare = (objective: number): number =>
  Math.max(1, Math.round((1 - objective) * DECIMALS)) / DECIMALS;

/** Share of the events that met their target; null without events. */
export const complianceOf = ({ events, bad }: EventCount): number | null =>
  events === 0 ? null : (events - bad) / events;

/** The error budget of the events so far. */
export function budgetOf({ events, bad }: EventCount, objective: number): ErrorBudget {
  const total = allowedShare(objective) * events;
  const remaining = total - bad;
  return { total, spent: bad, remaining, share: total === 0 ? null : remaining / total };
}

/** How many times faster than it may the budget is spent: 1 spends it exactly; 0 without events. */
export const burnRateOf = ({ events, bad }: EventCount, objective: number): number =>
  events === 0 ? 0 : bad / events / allowedShare(objective);

/**
 * The burn rate that spends the alert's share of the budget within its long window: 14.4 and 6 for a window of 30 days (`windowMs`), in proportion for others.
 * Never below 1, where short windows would have it: a rate that does not even spend the budget is no alert.
 */
export function burnThreshold({ budgetShare, longMs }: BurnAlert, windowMs: number): number {
  return Math.max(1, Math.round(((budgetShare * windowMs) / longMs) * DECIMALS) / DECIMALS);
}
