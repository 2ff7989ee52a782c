import type { CountOutcome, MetricOutcome, Outcome } from './read-outcome.ts';

export interface MetricDifference extends Pick<MetricOutcome, 'tenant' | 'capability' | 'metric' | 'events'> {
  metBefore: number;
  metAfter: number;
  complianceBefore: number;
  complianceAfter: number;
}

export interface CountDifference extends Omit<CountOutcome, 'count'> {
  before: number;
  after: number;
}

/** What was, beside what would have been; everything, whether or not it differs. */
export interface Difference {
  metrics: MetricDifference[];
  slos: CountDifference[];
  anomalies: CountDifference[];
  cases: CountDifference[];
}

export function compareOutcomes(before: Outcome, after: Outcome): Difference {
  return {
    metrics: compareMetrics(before.metrics, after.metrics),
    slos: compareCounts(before.slos, after.slos),
    anomalies: compareCounts(before.anomalies, after.anomalies),
    cases: compareCounts(before.cases, after.cases),
  };
}

const nameOfMetric = ({ tenant, capability, metric }: MetricOutcome): string => `${tenant}\0${capability}\0${metric}`;
const nameOfCount = ({ tenant, subject, kind }: CountOutcome): string => `${tenant}\0${subject}\0${kind}`;

/** Both have the same events: targets are changed, never given or taken. */
function compareMetrics(before: readonly MetricOutcome[], after: readonly MetricOutcome[]): MetricDifference[] {
  const others = new Map(after.map((metric) => [nameOfMetric(metric), metric]));
  return before.map((metric) => {
    const other = others.get(nameOfMetric(metric)) ?? metric;
    const { tenant, capability, events } = metric;
    const compliance = { complianceBefore: metric.compliance, complianceAfter: other.compliance };
    return {
      tenant,
      capability,
      metric: metric.metric,
      events,
      metBefore: metric.met,
      metAfter: other.met,
      ...compliance,
    };
  });
}

function compareCounts(before: readonly CountOutcome[], after: readonly CountOutcome[]): CountDifference[] {
  const counts = new Map<string, CountDifference>();
  for (const { tenant, subject, kind, count } of before)
    counts.set(nameOfCount({ tenant, subject, kind, count }), { tenant, subject, kind, before: count, after: 0 });
  for (const { tenant, subject, kind, count } of after) {
    const name = nameOfCount({ tenant, subject, kind, count });
    const known = counts.get(name);
    if (known === undefined) counts.set(name, { tenant, subject, kind, before: 0, after: count });
    else known.after = count;
  }
  return [...counts].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, difference]) => difference);
}
