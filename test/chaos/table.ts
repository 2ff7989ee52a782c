import { type Cell, formatTable } from '../../bench/support/table.ts';
import type { ScenarioResult } from './scenario.ts';

const header = [
  ...['fault', 'rounds', 'acknowledged', 'lost', 'duplicated', 'cells differing', 'seconds'],
  ...['other figures', 'pass'],
];
const columns = ['acknowledged', 'lost', 'duplicated', 'differing'];

/** The pass figures, one line a scenario; below it what failed, in words. */
export function renderResults(results: readonly ScenarioResult[]): string {
  const violations = results.flatMap(({ name, outcome }) => outcome.violations.map((text) => `${name}: ${text}`));
  return [formatTable(header, results.map(toRow)), ...violations].join('\n');
}

function toRow({ fault, rounds, durationMs, outcome, isPassed }: ScenarioResult): Cell[] {
  const { figures } = outcome;
  const other = Object.entries(figures).filter(([name]) => !columns.includes(name));
  return [
    fault,
    rounds,
    ...columns.map((name) => figures[name] ?? '-'),
    Math.round(durationMs / 1_000),
    other.map(([name, value]) => `${name} ${value}`).join(', '),
    isPassed ? 'yes' : 'NO',
  ];
}
