import type { HistogramPoint, MetricPoint } from '../../schemas/telemetry/metric-batch.ts';
import { encodeSeriesHead, type WritableSeries } from '../../schemas/telemetry/metric-batch-writer.ts';
import { timeRange } from '../accept-time.ts';
import type { SeriesTable } from '../cardinality.ts';
import { unrolledLabels } from '../telemetry/unrolled-labels.ts';
import { acceptHistogram } from './accept-histogram.ts';
import type { LabelDefect, PreparedSeries } from './accept-labels.ts';
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
  series: WritableSeries[];
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
  if (points.length > 0) push(run, series, { ...preparedOf(run, series), points, histograms: noHistograms });
  if (histograms.length === 0) return;
  const kind = series.histograms.at(0)?.isGauge === true ? 'gauge' : 'cumulative';
  const named = { kind, unit: unitOf(series.metadata), unrolled: unrolledLabels(run.table, series.identity) } as const;
  push(run, series, { ...named, points: noPoints, histograms });
}

type Measured = Omit<WritableSeries, 'service' | 'metric' | 'labels'>;

function push({ accepted }: Run, { identity }: WrittenSeries, measured: Measured): void {
  const { service, metric, labels } = identity;
  accepted.services.add(service);
  accepted.bytes += seriesBytes + identity.bytes + measured.points.length * pointBytes;
  for (const { counts } of measured.histograms) accepted.bytes += counts.length * bucketBytes;
  const { unit, kind, unrolled, head, points, histograms } = measured;
  accepted.series.push({ service, metric, unit, kind, labels, unrolled, head, points, histograms });
}

/** Made anew only when something changed since the series came last. */
function preparedOf({ table }: Run, series: WrittenSeries): PreparedSeries {
  const { identity, metadata } = series;
  const { prepared } = identity;
  const type = metadata?.type ?? 'unknown';
  const unit = unitOf(metadata);
  if (prepared?.epoch === table.epoch && prepared.type === type && prepared.unit === unit) return prepared;
  // Before the epoch is asked for: counting the values may begin another one.
  const unrolled = unrolledLabels(table, identity);
  const named = { unit, kind: kindOf(series), unrolled };
  const head = encodeSeriesHead({ ...identity, ...named });
  identity.prepared = { epoch: table.epoch, type, ...named, head };
  return identity.prepared;
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
