import { existsSync } from 'node:fs';
import { type Scored, type SeriesScores, scoreAll } from '../anomalies/detect.ts';
import { formatNumber, formatTable } from '../support/table.ts';
import { countParts, f1At, learnThreshold } from './score.ts';
import { type KpiSeries, readKpis } from './series.ts';

const defaultFolder = '../shared/data/kpi';
const evidenceSets = ['short', 'long', 'either'] as const;

process.exitCode = main(process.argv[2] ?? defaultFolder);

/**
 * F1 on the later half of each series, with the threshold that is best on the earlier halves. Returns the exit code: 2 when there is nothing
 * to measure.
 */
function main(folder: string): number {
  if (!existsSync(folder)) {
    console.error(`no KPI data in ${folder}: nothing was measured (usage: npm run bench:kpi -- <folder>)`);
    return 2;
  }
  const series = readKpis(folder);
  const scored = scoreAll(series, (kpi) => kpi);
  const rows = evidenceSets.map((name) => [name, ...rowOf(series, scored, name)]);
  console.log(formatTable(['evidence', 'threshold', 'F1 earlier', 'F1 later', 'precision', 'recall'], rows));
  console.log(
    `\n${formatNumber(series.length)} series, ${formatNumber(scored.count)} points, delay 7, one threshold for all`,
  );
  console.log(
    `${formatNumber(scored.pointsPerSecond)} points/s/core, ${formatNumber(scored.stateBytes)} bytes of state per series`,
  );
  return 0;
}

function rowOf(series: readonly KpiSeries[], { scores }: Scored, name: keyof SeriesScores & string): number[] {
  const parts = series.map(({ times, labels }, index) => {
    const own = scores[index]?.[name as 'short'] ?? new Float64Array();
    const half = times.length >> 1;
    const cut = (from: number, to: number) =>
      countParts({
        times: times.subarray(from, to),
        labels: labels.subarray(from, to),
        scores: own.subarray(from, to),
      });
    return { earlier: cut(0, half), later: cut(half, times.length) };
  });
  const earlier = parts.map((part) => part.earlier);
  const threshold = learnThreshold(earlier);
  const { f1, precision, recall } = f1At(
    parts.map((part) => part.later),
    threshold,
  );
  return [threshold, f1At(earlier, threshold).f1, f1, precision, recall];
}
