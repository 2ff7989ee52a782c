import type { FoldContext, SeriesProcessor } from '../analytics/stateful-processor.ts';
import { expiresAtSeconds } from '../archive.ts';
import { binOf } from '../math/log-bins.ts';
import { DateTimeColumn, Float64Column, UInt16Column, UInt64Column } from '../native/columns.ts';
import { LowCardinalityColumn } from '../native/low-cardinality-column.ts';
import type { RowColumns } from '../processor.ts';
import { LATENESS_GRACE_MS } from '../watermark.ts';
import { dueOf, type RollingRow, roll } from './roll.ts';
import {
  createSeriesState,
  isEmptySeries,
  readSeriesState,
  releaseSeries,
  type SeriesState,
  writeSeriesState,
} from './series-state.ts';
import { MINUTE_MS, minuteOf } from './windows.ts';

/** Behind what is closed, which is up to a minute before the watermark. */
const graceMinutes = Math.ceil(LATENESS_GRACE_MS / MINUTE_MS) + 1;
const minuteSeconds = MINUTE_MS / 1000;

/** Percentiles of every series over the last 5 minutes, hour and day, told for each minute at which they changed. */
export const rollingPercentiles: SeriesProcessor<SeriesState, RollingRow> = {
  name: 'rolling-percentiles',
  version: 2,
  table: 'rolling_percentiles',
  ownsSeries: () => true,
  init: createSeriesState,
  onMeasurement(state, { at, value, retentionDays }, { watermark }) {
    // No window changed since the last one was told, or it would have been told.
    state.closed = Math.max(state.closed, minuteOf(watermark));
    state.retentionDays = retentionDays;
    const minute = minuteOf(at);
    state.due = Math.min(state.due, minute + 1);
    if (minute >= 0) state.pending.add(minute, binOf(value)); // A DateTime holds nothing earlier.
    return [];
  },
  onTime(state, context) {
    const closed = closedBefore(context);
    if (closed < state.due) return undefined;
    return roll(state, closed, graceMinutes);
  },
  isSpent: isEmptySeries,
  release: releaseSeries,
  snapshot: writeSeriesState,
  restore(input, series, arena) {
    const state = readSeriesState(input, series, arena);
    state.due = dueOf(state, graceMinutes);
    return state;
  },
  createColumns,
};

/**
 * Minutes before this one are over: the events have come farther, or a whole minute has passed in which they might have come. No farther than the
 * minute of the last event, to which others are late.
 */
function closedBefore({ watermark, clock }: FoldContext): number {
  const reached = minuteOf(watermark);
  return Math.max(reached, Math.min(reached + 1, minuteOf(clock) - 1));
}

function createColumns(): RowColumns<RollingRow> {
  const columns = {
    tenant: new LowCardinalityColumn(),
    subject_kind: new LowCardinalityColumn(),
    subject: new LowCardinalityColumn(),
    metric: new LowCardinalityColumn(),
    window: new LowCardinalityColumn(),
    at: new DateTimeColumn(),
    window_start: new DateTimeColumn(),
    count: new UInt64Column(),
    p50: new Float64Column(),
    p90: new Float64Column(),
    p95: new Float64Column(),
    p99: new Float64Column(),
    revision: new UInt16Column(),
    expires_at: new DateTimeColumn(),
    log_partition: new UInt16Column(),
  };
  const ranks = [columns.p50, columns.p90, columns.p95, columns.p99];
  const push = ({ series, retentionDays, window, start, end, count, quantiles, revision }: RollingRow): void => {
    columns.tenant.push(series.tenant);
    columns.subject_kind.push(series.subjectKind);
    columns.subject.push(series.subject);
    columns.metric.push(series.metric);
    columns.window.push(window.name);
    columns.at.push(end * minuteSeconds);
    columns.window_start.push(start * minuteSeconds);
    columns.count.push(count);
    for (const [index, column] of ranks.entries()) column.push(count === 0 ? 0 : (quantiles[index] ?? 0));
    columns.revision.push(revision);
    columns.expires_at.push(expiresAtSeconds(end * MINUTE_MS, retentionDays));
    columns.log_partition.push(series.partition);
  };
  return { columns, push };
}
