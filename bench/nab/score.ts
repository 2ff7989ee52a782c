import type { NabFile } from './corpus.ts';

/** The standard profile of NAB: a window that is missed costs 1, an alert outside the windows up to this. */
const falsePositiveCost = 0.11;
/** The start of a file in which nothing counts: this share of it, of 5,000 rows at most. */
const probationShare = 0.15;
const probationRows = 750;

/** What an alert at each row is worth, and the window it falls in (-1: none, -2: it does not count). */
export interface RowValues {
  worth: Float64Array;
  window: Int32Array;
  windows: number;
}

/** 100: every window found at its first row and no false alert; 0: no alert at all. */
export interface NabScore {
  score: number;
  found: number;
  windows: number;
  falseAlerts: number;
}

/** Values of alerts at the rows of a file (NAB 1.1): near 1 at the start of a window, falling to 0 at its end and towards -1 beyond. */
export function valueRows({ times, windows }: NabFile): RowValues {
  const worth = new Float64Array(times.length).fill(-1);
  const window = new Int32Array(times.length).fill(-1);
  const bounds = windows.map(([from, to]) => ({ first: times.indexOf(from), last: times.indexOf(to) }));
  for (const [index, { first, last }] of bounds.entries()) {
    const width = last - first + 1;
    const next = bounds[index + 1]?.first ?? times.length;
    // NAB ends a window at the last row of its last time, which a change of the clock may repeat.
    const end = times.lastIndexOf(times[last] ?? 0);
    for (let row = first; row <= end; row++) {
      worth[row] = sigmoid(-(last - row + 1) / width) / sigmoid(-1);
      window[row] = index;
    }
    for (let row = end + 1; row < next; row++) worth[row] = sigmoid((row - last) / (width - 1));
  }
  window.fill(-2, 0, Math.min(Math.floor(probationShare * times.length), probationRows));
  return { worth, window, windows: new Set(window.filter((index) => index >= 0)).size };
}

/** Score of alerts (1 where one was raised) on every file. */
export function scoreAlerts(files: readonly RowValues[], alerts: readonly Uint8Array[]): NabScore {
  const scores = files.map((values, index) => scoreFile(values, alerts[index] ?? new Uint8Array()));
  const sum = (of: (score: FileScore) => number) => scores.reduce((total, score) => total + of(score), 0);
  const windows = files.reduce((total, file) => total + file.windows, 0);
  const score = (100 * sum(({ gain }) => gain)) / (2 * Math.max(1, windows));
  return { score, windows, found: sum(({ found }) => found), falseAlerts: sum(({ falseAlerts }) => falseAlerts) };
}

interface FileScore {
  /** Beyond that of no alert at all. */
  gain: number;
  found: number;
  falseAlerts: number;
}

function scoreFile({ window, worth }: RowValues, alerts: Uint8Array): FileScore {
  const rows = [...alerts.keys()].filter((row) => alerts[row] === 1 && window[row] !== -2);
  const outside = rows.filter((row) => window[row] === -1);
  const best = new Map<number, number>();
  for (const row of rows) {
    const index = window[row] ?? -1;
    if (index >= 0) best.set(index, Math.max(best.get(index) ?? -1, worth[row] ?? -1));
  }
  let gain = 0;
  for (const row of outside) gain += falsePositiveCost * (worth[row] ?? 0);
  for (const value of best.values()) gain += 1 + value;
  return { gain, found: best.size, falseAlerts: outside.length };
}

function sigmoid(position: number): number {
  return position > 3 ? -1 : 2 / (1 + Math.exp(5 * position)) - 1;
}
