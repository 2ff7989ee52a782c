import { MINUTE_MS } from '../../platform/detection/close-minute.ts';
import type { Verdict } from '../../platform/detection/detector.ts';
import { seriesOf } from '../../processors/analytics/series.ts';
import { createAnomalies } from '../../processors/anomalies/anomalies.ts';
import { Arena } from '../../processors/memory/arena.ts';
import { ByteBuffer } from '../../processors/native/byte-buffer.ts';
import type { Measurement } from '../../processors/processor.ts';
import { NO_SETTINGS } from '../../schemas/control/control-record.ts';

/** Scores of each point of a series; 0 while it is learned. */
export interface SeriesScores {
  long: Float64Array;
  short: Float64Array;
  either: Float64Array;
  /** Bytes of the state after the last point. */
  stateBytes: number;
}

const secondsAfter = 1_000;
/** Of a bench; which it is makes no difference. */
const named = { tenant: 'org_bench', subjectKind: 'service', subject: 'bench', metric: 'value' } as const;
const empty = { slaTarget: null, dimensions: {}, unrolled: [], correlationId: '', eventId: '', hasClientId: false };

/**
 * Folds a series, times in ms, a record a point, through the processor that runs in production, as if each point had come a second after its
 * time. A point has the scores of its minute; those of a minute that was over when they came have none.
 */
export function scoreSeries(times: Float64Array, values: Float64Array): SeriesScores {
  const scores = createScores(times.length);
  let row = 0;
  const processor = createAnomalies({
    onVerdict(at, verdict) {
      while (minuteOf(times[row] as number) !== minuteOf(at)) row++;
      if (!verdict.isLearning) note(scores, row, verdict);
    },
  });
  const measurement: Measurement = {
    ...{ ...named, ...empty, at: 0, value: 0, receivedAt: 0, retentionDays: 90, partition: 0, offset: 0, index: 0 },
  };
  const state = processor.init(seriesOf(measurement), new Arena());
  const context = { watermark: Number.NEGATIVE_INFINITY, clock: Number.NEGATIVE_INFINITY, settings: NO_SETTINGS };
  const advance = (at: number): void => {
    const isNext = minuteOf(at) > minuteOf(context.watermark);
    context.watermark = Math.max(context.watermark, at);
    context.clock = context.watermark;
    if (isNext) processor.onTime?.(state, context);
  };
  for (const [index, at] of times.entries()) {
    measurement.at = at;
    measurement.value = values[index] as number;
    measurement.receivedAt = at + secondsAfter;
    processor.onMeasurement(state, measurement, context);
    advance(at);
  }
  advance(context.watermark + MINUTE_MS);
  const out = new ByteBuffer();
  processor.snapshot(state, out);
  return { ...scores, stateBytes: out.length };
}

const minuteOf = (at: number): number => Math.floor(at / MINUTE_MS);

function createScores(length: number): Omit<SeriesScores, 'stateBytes'> {
  return { long: new Float64Array(length), short: new Float64Array(length), either: new Float64Array(length) };
}

function note(scores: Omit<SeriesScores, 'stateBytes'>, row: number, verdict: Verdict): void {
  scores.long[row] = verdict.longScore;
  scores.short[row] = verdict.shortScore;
  scores.either[row] = verdict.score;
}

/** Folds each series and says how fast, in points per second of one core's time, and how large a state is. */
export function scoreAll<Series>(list: readonly Series[], pointsOf: (series: Series) => Points): Scored {
  const startedAt = process.cpuUsage().user;
  const points = list.map(pointsOf);
  const scores = points.map(({ times, values }) => scoreSeries(times, values));
  const seconds = (process.cpuUsage().user - startedAt) / 1e6;
  const count = points.reduce((sum, { times }) => sum + times.length, 0);
  const stateBytes = Math.max(...scores.map((series) => series.stateBytes));
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
