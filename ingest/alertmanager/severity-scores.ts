/** Anomaly scores of alerts by what their label `severity` (or `priority`) says, in lower case. `critical` is the documented pair of 0.93 and z 4.2. */
export const SEVERITY_SCORES: Readonly<Record<string, number>> = {
  emergency: 0.98,
  disaster: 0.98,
  page: 0.95,
  critical: 0.93,
  crit: 0.93,
  fatal: 0.93,
  p1: 0.93,
  high: 0.87,
  major: 0.87,
  error: 0.87,
  p2: 0.87,
  warning: 0.72,
  warn: 0.72,
  medium: 0.72,
  minor: 0.72,
  p3: 0.72,
  low: 0.47,
  p4: 0.47,
  notice: 0.3,
  info: 0.3,
  informational: 0.3,
  p5: 0.3,
  none: 0.1,
};
/** Of an alert whose labels say nothing of its severity, or nothing known. */
export const UNKNOWN_SEVERITY_SCORE = 0.6;

/** Anomaly score of an alert with these labels, between 0 and 1. */
export function severityScore({ severity, priority }: Readonly<Record<string, string>>): number {
  const name = (severity ?? priority ?? '').trim().toLowerCase();
  return Object.hasOwn(SEVERITY_SCORES, name)
    ? (SEVERITY_SCORES[name] ?? UNKNOWN_SEVERITY_SCORE)
    : UNKNOWN_SEVERITY_SCORE;
}
