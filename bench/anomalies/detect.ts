import { createDetector, observe } from '../../processors/anomalies/detector.ts';
import { STATE_BYTES, writeState } from '../../processors/anomalies/detector-state.ts';
import { ByteBuffer } from '../../processors/native/byte-buffer.ts';

/** Scores of each point of a series; 0 while it is learned. */
export interface SeriesScores {
  long: Float64Array;
  short: Float64Array;
  either: Float64Array;
  /** Bytes of the state after the last point. */
  stateBytes: number;
}

/** Folds a series, times in ms, through the detector that runs in production. */
export function scoreSeries(times: Float64Array, values: Float64Array): SeriesScores {
  const detector = createDetector();
  const long = new Float64Array(times.length);
  const short = new Float64Array(times.length);
  const either = new Float64Array(times.length);
  for (let index = 0; index < times.length; index++) {
    const verdict = observe(detector, times[index] as number, values[index] as number);
    if (verdict.isLearning) continue;
    long[index] = verdict.longScore;
    short[index] = verdict.shortScore;
    either[index] = verdict.score;
  }
  const out = new ByteBuffer();
  writeState(detector, out);
  return { long, short, either, stateBytes: out.length };
}

/** Folds each series and says how fast, in points per second of one core's time, and how large a state is. */
export function scoreAll<Series>(list: readonly Series[], pointsOf: (series: Series) => Points): Scored {
  const startedAt = process.cpuUsage().user;
  const points = list.map(pointsOf);
  const scores = points.map(({ times, values }) => scoreSeries(times, values));
  const seconds = (process.cpuUsage().user - startedAt) / 1e6;
  const count = points.reduce((sum, { times }) => sum + times.length, 0);
  const stateBytes = Math.max(STATE_BYTES, ...scores.map((series) => series.stateBytes));
  return { scores, count, pointsPerSecond: count / seconds, stateBytes };
}

export interface Points {
  times: Float64Array;
  values: Float64Array;
}

export interface Scored {
  scores: SeriesScores[];
  count: number;
  pointsPerSecond: number;
  stateBytes: number;
}
