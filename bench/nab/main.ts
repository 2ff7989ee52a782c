import { existsSync } from 'node:fs';
import { type AlertPolicy, createAlertState, LONG_POLICY, raisesAlert } from '../../platform/detection/alert-policy.ts';
import { scoreAll } from '../anomalies/detect.ts';
import { formatNumber, formatTable } from '../support/table.ts';
import { readCorpus } from './corpus.ts';
import { type NabScore, type RowValues, scoreAlerts, valueRows } from './score.ts';

const defaultFolder = '../shared/data/nab';
const hourMs = 3_600_000;
const cooldownHours = [0, 12, 24];
const thresholds = Array.from({ length: 60 }, (_, index) => 1.5 + index * 0.1);
const evidenceSets = ['long', 'short', 'either'] as const;

process.exitCode = main(process.argv[2] ?? defaultFolder);

/** The standard profile with the best single threshold, as NAB has it. Returns the exit code: 2 when there is nothing to measure. */
function main(folder: string): number {
  if (!existsSync(folder)) {
    console.error(`no NAB data in ${folder}: nothing was measured (usage: npm run bench:nab -- <folder>)`);
    return 2;
  }
  const files = readCorpus(folder);
  const values = files.map(valueRows);
  const scored = scoreAll(files, (file) => file);
  const rows = evidenceSets.flatMap((name) => {
    const series = files.map(({ times }, index) => ({
      times,
      scores: scored.scores[index]?.[name] ?? new Float64Array(),
    }));
    return cooldownHours.map((hours) => [name, `${hours} h`, ...bestOf(values, series, hours * hourMs)]);
  });
  console.log(formatTable(['evidence', 'cooldown', 'standard', 'threshold', 'found', 'windows', 'false alerts'], rows));
  console.log(`\n${files.length} files, ${formatNumber(scored.count)} points, one threshold for all, no look-ahead`);
  console.log(
    `${formatNumber(scored.pointsPerSecond)} points/s/core, ${formatNumber(scored.stateBytes)} bytes of state per series`,
  );
  return 0;
}

interface ScoredTimes {
  times: Float64Array;
  scores: Float64Array;
}

function bestOf(values: readonly RowValues[], series: readonly ScoredTimes[], cooldownMs: number): number[] {
  let best: NabScore & { threshold: number } = { score: 0, found: 0, windows: 0, falseAlerts: 0, threshold: 0 };
  for (const threshold of thresholds) {
    const policy: AlertPolicy = { ...LONG_POLICY, threshold, cooldownMs };
    const result = scoreAlerts(
      values,
      series.map((one) => alertsOf(one, policy)),
    );
    if (result.score > best.score) best = { ...result, threshold };
  }
  return [best.score, best.threshold, best.found, best.windows, best.falseAlerts];
}

function alertsOf({ times, scores }: ScoredTimes, policy: AlertPolicy): Uint8Array {
  const state = createAlertState();
  return Uint8Array.from(times, (at, index) => (raisesAlert(state, policy, { at, score: scores[index] ?? 0 }) ? 1 : 0));
}
