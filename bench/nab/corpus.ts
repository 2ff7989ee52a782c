import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Points } from '../anomalies/detect.ts';

/** One file of the Numenta Anomaly Benchmark: times in ms, and from when to when it was anomalous, both included. */
export interface NabFile extends Points {
  name: string;
  windows: (readonly [number, number])[];
}

/** Every labelled file below a folder with `data/` and `labels/combined_windows.json`. */
export function readCorpus(folder: string): NabFile[] {
  const labels = readFileSync(join(folder, 'labels/combined_windows.json'), 'utf8');
  const windows: Record<string, [string, string][]> = JSON.parse(labels);
  return Object.entries(windows)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, pairs]) => ({
      name,
      ...parsePoints(readFileSync(join(folder, 'data', name), 'utf8')),
      windows: pairs.map(([from, to]) => [parseTime(from), parseTime(to)] as const),
    }));
}

function parsePoints(csv: string): Points {
  const rows = csv.trim().split(/\r?\n/).slice(1);
  const cells = rows.map((row) => row.split(','));
  return {
    times: Float64Array.from(cells, ([time]) => parseTime(time ?? '')),
    values: Float64Array.from(cells, ([, value]) => Number(value)),
  };
}

/** `2014-04-01 00:05:00`, with or without fractions, read as UTC. */
function parseTime(text: string): number {
  return Date.parse(`${text.slice(0, 10)}T${text.slice(11, 19)}Z`);
}
