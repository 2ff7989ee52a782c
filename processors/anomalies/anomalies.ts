import { type AlertPolicies, PRESENT_POLICIES } from '../../platform/detection/alert-policy.ts';
import { type Look, MINUTE_MS } from '../../platform/detection/close-minute.ts';
import type { Verdict } from '../../platform/detection/detector.ts';
import { type Episode, endEpisode } from '../../platform/detection/episode.ts';
import type { Terms } from '../../platform/detection/series-watch.ts';
import { checkSilence, endSilence, GIVE_UP_MS } from '../../platform/detection/silence.ts';
import type { MaintenancePeriod } from '../../schemas/control/control-record.ts';
import type { FoldContext, SeriesProcessor } from '../analytics/stateful-processor.ts';
import { type AnomalyRow, createAnomalyColumns, toAnomalySignal } from './anomaly-rows.ts';
import {
  addToMinute,
  beginSeries,
  closeMinutes,
  type MinuteSeries,
  muting,
  peekMinute,
  releaseSeries,
} from './minute-series.ts';
import { readMinuteSeries, writeMinuteSeries } from './series-codec.ts';

export interface AnomalyOptions {
  policies?: AlertPolicies;
  /** Is told of every minute that is closed. */
  onVerdict?: (at: number, verdict: Verdict) => void;
}

/** A series of which nothing came for this long is forgotten. */
export const FORGET_MS: number = 30 * 86_400_000;

const none: readonly AnomalyRow[] = [];

/** What is out of the ordinary in each series of minutes: found while a minute runs, confirmed when it is over, and told again until it ends. */
export function createAnomalies(options: AnomalyOptions = {}): SeriesProcessor<MinuteSeries, AnomalyRow> {
  const told: Episode[] = [];
  const terms: Terms = { policies: options.policies ?? PRESENT_POLICIES, detectedAt: 0, mutedBy: '', told };
  let subject = '';
  let maintenance: readonly MaintenancePeriod[] = [];
  const mutingAt = (at: number): string => muting(subject, maintenance, at);
  const look: Look = { terms, isCounted: false, mayStop: false, clock: 0, mutingAt, onVerdict: options.onVerdict };
  const begin = (series: MinuteSeries, { clock, settings }: FoldContext): void => {
    told.length = 0;
    subject = series.series.subject;
    maintenance = settings.maintenance;
    look.isCounted = series.isCounted;
    look.mayStop = series.mayStop;
    look.clock = clock;
  };
  const rowsOf = (series: MinuteSeries): readonly AnomalyRow[] =>
    told.length === 0
      ? none
      : told.map((episode) => ({ series: series.series, retentionDays: series.retentionDays, episode }));
  return {
    name: 'anomalies',
    version: 3,
    table: 'anomalies',
    ownsSeries: () => true,
    init: beginSeries,
    onMeasurement(series, measurement, context) {
      series.retentionDays = measurement.retentionDays;
      begin(series, context);
      const open = measurement.at < 0 ? undefined : addToMinute(series, measurement);
      if (open === undefined) return none;
      endSilence(series.watch, measurement.at, terms);
      if (open === series.open[0]) peekMinute(series, look);
      return rowsOf(series);
    },
    onTime(series, context) {
      const { clock } = context;
      const closed = closedBefore(context);
      const first = series.open[0]?.minute ?? Number.POSITIVE_INFINITY;
      const hasSilence = series.open.length === 0 && clock >= dueAt(series);
      if (first >= closed && !hasSilence) return undefined;
      begin(series, context);
      if (hasSilence) onSilence(series, look);
      else {
        closeMinutes(series, closed, look);
        peekMinute(series, look);
      }
      return rowsOf(series);
    },
    toSignal: toAnomalySignal,
    isSpent: ({ isSpent }) => isSpent,
    snapshot: writeMinuteSeries,
    restore: readMinuteSeries,
    release: releaseSeries,
    createColumns: createAnomalyColumns,
  };
}

export const anomalies: SeriesProcessor<MinuteSeries, AnomalyRow> = createAnomalies();

/** Minutes before this one are over: the events have come farther, or a whole minute has passed in which they might have come. */
function closedBefore({ watermark, clock }: FoldContext): number {
  return Math.max(Math.floor(watermark / MINUTE_MS), Math.floor(clock / MINUTE_MS) - 1);
}

function dueAt({ watch }: MinuteSeries): number {
  return Math.min(watch.silenceDueAt, watch.lastDataAt + FORGET_MS);
}

function onSilence(series: MinuteSeries, { terms, mutingAt, clock }: Look): void {
  const { watch } = series;
  terms.detectedAt = clock;
  terms.mutedBy = mutingAt(clock);
  if (clock >= watch.silenceDueAt) checkSilence(watch, clock, terms);
  if (watch.anomaly !== undefined && clock >= watch.lastDataAt + GIVE_UP_MS) {
    terms.told.push(endEpisode(watch.anomaly, 'given_up', clock));
    watch.anomaly = undefined;
  }
  series.isSpent = clock >= watch.lastDataAt + FORGET_MS;
}
