import type { CountDifference, Difference, MetricDifference } from './compare-outcomes.ts';

const kinds = [
  ['slos', 'alarms of SLOs', 'SLO'],
  ['anomalies', 'anomalies', 'series'],
  ['cases', 'cases', 'capability'],
] as const;

/** The difference as lines of text: figures that stayed the same are only counted. */
export function renderDifference(difference: Difference): string[] {
  return [
    ...renderMetrics(difference.metrics),
    ...kinds.flatMap(([name, title, subject]) => ['', ...renderCounts(difference[name], { title, subject })]),
  ];
}

function renderMetrics(metrics: readonly MetricDifference[]): string[] {
  const changed = metrics.filter(({ metBefore, metAfter }) => metBefore !== metAfter);
  const rows = changed.map((one) => [
    ...[one.tenant, one.capability, one.metric, String(one.events)],
    ...[`${one.metBefore} -> ${one.metAfter}`, `${percent(one.complianceBefore)} -> ${percent(one.complianceAfter)}`],
  ]);
  const head = ['tenant', 'capability', 'metric', 'events', 'met', 'compliance'];
  return renderTable(`SLA compliance: ${changed.length} of ${metrics.length} metrics differ`, [head, ...rows]);
}

function renderCounts(
  counts: readonly CountDifference[],
  { title, subject }: { title: string; subject: string },
): string[] {
  const changed = counts.filter(({ before, after }) => before !== after);
  const rows = changed.map((one) => [one.tenant, one.subject, one.kind, `${one.before} -> ${one.after}`]);
  const sum = (side: 'before' | 'after') => counts.reduce((total, one) => total + one[side], 0);
  const text = `${title}: ${sum('before')} -> ${sum('after')}`;
  return renderTable(text, [['tenant', subject, 'kind', 'count'], ...rows]);
}

/** The title alone when there is but a head. */
function renderTable(title: string, [head = [], ...rows]: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [title];
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const lines = all.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return [title, ...lines.map((line) => `  ${line.trimEnd()}`)];
}

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
