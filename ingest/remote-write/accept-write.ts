import type { HistogramPoint, MetricPoint, MetricSeries } from '../../schemas/telemetry/metric-batch.ts';
import { timeRange } from '../accept-time.ts';
import type { SeriesTable } from '../cardinality.ts';
import { unrolledLabels } from '../telemetry/unrolled-labels.ts';
import { acceptHistogram } from './accept-histogram.ts';
import type { LabelDefect } from './accept-labels.ts';
import { kindOf, unitOf } from './series-kind.ts';
import type { WriteRequest, WrittenSeries } from './write-request.ts';

/** Why samples are not written although they were sent to be. */
export type RefusedReason =
  | LabelDefect
  | 'older_than_retention'
  | 'too_far_in_future'
  | 'unsupported_histogram'
  | 'service_limit_exceeded';

export interface AcceptWriteContext {
  /** Milliseconds since the epoch. */
  receivedAt: number;
  retentionDays: number;
  table: SeriesTable<unknown>;
}

/** What becomes of a request. */
export interface AcceptedWrite {
  series: MetricSeries[];
  services: Set<string>;
  /** Samples and histograms not written, by reason. */
  refused: Map<RefusedReason, number>;
  /** What the series take in a record, about. */
  bytes: number;
}

interface Run extends AcceptWriteContext {
  earliest: number;
  latest: number;
  accepted: AcceptedWrite;
}

const seriesBytes = 32;
const pointBytes = 24;
const bucketBytes = 16;
const noHistograms: HistogramPoint[] = [];
const noPoints: MetricPoint[] = [];

/** The series of a request as they go into the log; what cannot be is counted by reason. */
export function acceptWrite(request: WriteRequest, context: AcceptWriteContext): AcceptedWrite {
  const accepted: AcceptedWrite = { series: [], services: new Set(), refused: new Map(), bytes: 0 };
  const run: Run = { ...context, ...timeRange(context.receivedAt, context.retentionDays), accepted };
  for (const series of request.series) acceptSeries(run, series);
  return accepted;
}

function acceptSeries(run: Run, series: WrittenSeries): void {
  const { defect } = series.identity;
  if (defect !== undefined) {
    refuse(run.accepted.refused, defect, series.points.length + series.histograms.length);
    return;
  }
  const points = acceptPoints(run, series);
  const histograms = series.histograms.length === 0 ? noHistograms : acceptHistograms(run, series);
  if (points.length > 0) push(run, series, { points, histograms: noHistograms, kind: kindOf(series) });
  if (histograms.length === 0) return;
  const isGauge = series.histograms.at(0)?.isGauge === true;
  push(run, series, { points: noPoints, histograms, kind: isGauge ? 'gauge' : 'cumulative' });
}

type Measured = Pick<MetricSeries, 'kind' | 'points' | 'histograms'>;

function push({ accepted, table }: Run, { identity, metadata }: WrittenSeries, measured: Measured): void {
  const { service, metric, labels } = identity;
  accepted.services.add(service);
  accepted.bytes += seriesBytes + identity.bytes + measured.points.length * pointBytes;
  for (const { counts } of measured.histograms) accepted.bytes += counts.length * bucketBytes;
  accepted.series.push({
    service,
    metric,
    unit: unitOf(metadata),
    kind: measured.kind,
    labels,
    unrolled: unrolledLabels(table, identity),
    points: measured.points,
    histograms: measured.histograms,
  });
}

// Nearly always all of them: then they are passed on as they are.
function acceptPoints(run: Run, { points, startAt }: WrittenSeries): MetricPoint[] {
  let isSound = true;
  for (const point of points) {
    if (timeDefect(run, point.at) !== undefined) isSound = false;
    point.startAt = soundStart(point, startAt);
  }
  return isSound ? points : points.filter(({ at }) => isInTime(run, at));
}

function acceptHistograms(run: Run, { histograms, startAt }: WrittenSeries): HistogramPoint[] {
  const { refused } = run.accepted;
  const isGauge = histograms.at(0)?.isGauge;
  return histograms.flatMap((native) => {
    if (native.isStale || !isInTime(run, native.at)) return [];
    const point = native.isGauge === isGauge ? acceptHistogram(native) : undefined;
    if (point === undefined) refuse(refused, 'unsupported_histogram', 1);
    else point.startAt = soundStart(point, startAt);
    return point === undefined ? [] : [point];
  });
}

/** Whether a time is neither too old nor too far ahead; counts one that is not. */
function isInTime(run: Run, at: number): boolean {
  const defect = timeDefect(run, at);
  if (defect !== undefined) refuse(run.accepted.refused, defect, 1);
  return defect === undefined;
}

function timeDefect({ earliest, latest }: Run, at: number): RefusedReason | undefined {
  if (at < earliest) return 'older_than_retention';
  return at > latest ? 'too_far_in_future' : undefined;
}

/** When the total began, as the point says, or its series; zero, which is unknown, for what cannot be. */
function soundStart({ at, startAt }: { at: number; startAt: number }, ofSeries: number): number {
  const start = startAt === 0 ? ofSeries : startAt;
  return start > 0 && start <= at ? start : 0;
}

export function refuse(refused: Map<RefusedReason, number>, reason: RefusedReason, count: number): void {
  if (count > 0) refused.set(reason, (refused.get(reason) ?? 0) + count);
}
