import type { Contribution, Explanation } from '../../schemas/api/anomalies.ts';
import { formatInstant } from '../range.ts';
import type { StoredAnomaly, StoredFinding } from './read-anomalies.ts';

const because: Readonly<Record<string, string>> = {
  season: 'for this hour of the day and of the week',
  sustained: 'for this hour, minute after minute',
  roughness: 'while it jumps up and down more than it does',
  level: 'of its level of the last days',
  residual: 'after the minutes before',
  difference: 'by one step from the minute before',
  silence: 'while time went on for everything else',
};
const digits = 4;

/** Why an anomaly is one; null for an alert, which its sender explains. */
export function explain(stored: StoredAnomaly & StoredFinding, contribution: Contribution | null): Explanation | null {
  if (stored.finding.length === 0) return null;
  const [at, expected, low, high, value, probability, points, baselineFrom, baselineTo] = stored.finding;
  const baseline = { from: formatInstant(baselineFrom), to: formatInstant(baselineTo) };
  return {
    sentence: sentenceOf(stored, { value, expected, low, high, points, baseline, contribution }),
    at: formatInstant(at),
    value,
    expected,
    band: { low, high },
    direction: stored.direction,
    evidence: stored.evidence,
    probability: stored.kind === 'missing_data' ? null : probability,
    n: points,
    baseline_window: baseline,
    provisional: stored.isProvisional,
    contributing_dimension: contribution,
  };
}

interface Told {
  value: number;
  expected: number;
  low: number;
  high: number;
  points: number;
  baseline: { from: string; to: string };
  contribution: Contribution | null;
}

function sentenceOf(stored: StoredAnomaly & StoredFinding, told: Told): string {
  const { name, subject, kind } = stored;
  const learned = `Learned from ${told.points} minutes, ${told.baseline.from} to ${told.baseline.to}.`;
  if (kind === 'missing_data') {
    return `${name} of ${subject} stopped coming, where there was data in ${short(100 * told.expected)} % of the minutes. ${learned}`;
  }
  const band = `${short(told.low)} to ${short(told.high)}`;
  const far = `${short(Math.abs(stored.zScore ?? 0))} standard deviations ${stored.direction} what was expected ${because[stored.evidence] ?? ''}`;
  return `${name} of ${subject} was ${short(told.value)} where ${short(told.expected)} (${band}) was expected: ${far}. ${most(told.contribution)}${learned}`;
}

function most(contribution: Contribution | null): string {
  if (contribution === null) return '';
  const { dimension, value, mean, usual_mean: usual } = contribution;
  return `Most of it comes from ${dimension} ${value}: ${short(mean)} on average in that hour, usually ${short(usual)}. `;
}

const short = (figure: number): string => String(Number(figure.toPrecision(digits)));
