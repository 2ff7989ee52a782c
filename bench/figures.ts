import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { type Cell, formatNumber, formatTable } from './support/table.ts';

export interface Figure {
  /** Stable, as it is stored: `ingest.events_per_second`. */
  name: string;
  value: number;
  unit: string;
  /** What is to be reached. */
  goal?: { atLeast: number } | { atMost: number };
}

export interface Machine {
  cpu: string;
  cores: number;
  memoryGiB: number;
  system: string;
  node: string;
}

export interface Baseline {
  machine: Machine;
  /** What limits how far the figures can be trusted, such as other programs on the same cores. */
  conditions?: string;
  figures: Record<string, number>;
}

const baselineFile = new URL('./baseline.json', import.meta.url);

/** The figures beside their goals and the stored baseline. */
export function formatFigures(figures: readonly Figure[], baseline: Baseline | undefined): string {
  const rows = figures.map((figure): Cell[] => {
    const before = baseline?.figures[figure.name];
    const ratio = before === undefined || before === 0 ? '-' : (figure.value / before).toFixed(2);
    return [figure.name, figure.value, figure.unit, ...describeGoal(figure), before ?? '-', ratio];
  });
  return formatTable(['figure', 'now', 'unit', 'goal', 'reached', 'baseline', 'now/baseline'], rows);
}

/** The stored baseline; undefined before the first `--save`. */
export function readBaseline(): Baseline | undefined {
  try {
    return JSON.parse(readFileSync(baselineFile, 'utf8')) as Baseline;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Stores the figures as the new baseline; what was not measured this time keeps its old value, and its old conditions. */
export function saveBaseline(figures: readonly Figure[]): void {
  const baseline = mergeBaseline(readBaseline(), figures, describeMachine());
  writeFileSync(baselineFile, `${JSON.stringify(baseline, undefined, 2)}\n`);
}

export function mergeBaseline(old: Baseline | undefined, figures: readonly Figure[], machine: Machine): Baseline {
  const measured = Object.fromEntries(figures.map(({ name, value }) => [name, Number(value.toPrecision(4))]));
  const isAnyKept = Object.keys(old?.figures ?? {}).some((name) => !(name in measured));
  const merged = Object.entries({ ...old?.figures, ...measured }).sort(([a], [b]) => (a < b ? -1 : 1));
  const conditions = isAnyKept && old?.conditions !== undefined ? { conditions: old.conditions } : {};
  return { machine, ...conditions, figures: Object.fromEntries(merged) };
}

/** What the figures were measured on, without anything that names the machine. */
export function describeMachine(): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release().split('-')[0]} ${process.arch}`,
    node: process.version,
  };
}

function describeGoal({ value, goal }: Figure): [string, string] {
  if (goal === undefined) return ['', ''];
  if ('atLeast' in goal) return [`>= ${formatNumber(goal.atLeast)}`, value >= goal.atLeast ? 'yes' : 'NO'];
  return [`<= ${formatNumber(goal.atMost)}`, value <= goal.atMost ? 'yes' : 'NO'];
}
