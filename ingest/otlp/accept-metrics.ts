import type { HistogramPoint, MetricPoint, MetricSeries } from '../../schemas/telemetry/metric-batch.ts';
import { isReservedMetric } from '../../schemas/telemetry/reserved-metrics.ts';
import { timeRange } from '../accept-time.ts';
import type { SeriesTable } from '../cardinality.ts';
import { unrolledLabels } from '../telemetry/unrolled-labels.ts';
import { explicitShape, type Shape, shapeOf } from './histograms.ts';
import { acceptLabels, textOfLabels } from './labels.ts';
import { OTLP_LIMITS } from './otlp-limits.ts';
import {
  type ExponentialData,
  type HistogramData,
  type NumberPoint,
  type OtlpMetric,
  type OtlpResource,
  type PointHead,
  type SummaryData,
  TEMPORALITY,
} from './otlp-model.ts';
import { createRecordSplitter, type RecordSplitter } from './record-splitter.ts';
import { createRejections, type Rejections, reject } from './rejections.ts';
import { type Resource, resourceOf } from './resource.ts';

export interface AcceptContext {
  /** Milliseconds since the epoch; the time of what names none. */
  receivedAt: number;
  retentionDays: number;
}

/** What came of a request: records to be written, the services it comes from, and what was rejected. */
export interface AcceptedRecords<Item> {
  records: Item[][];
  services: ReadonlySet<string>;
  rejections: Rejections;
}

interface Run extends AcceptContext {
  table: SeriesTable<unknown>;
  splitter: RecordSplitter<MetricSeries>;
  services: Set<string>;
  rejections: Rejections;
  earliest: number;
  latest: number;
  resource: Resource;
}

/** The metrics of a request as they go into the log: every point a series of its own, in the order of the request. */
export function acceptMetrics(
  resources: readonly OtlpResource<OtlpMetric>[],
  context: AcceptContext & { table: SeriesTable<unknown> },
): AcceptedRecords<MetricSeries> {
  const splitter = createRecordSplitter<MetricSeries>();
  const services = new Set<string>();
  const rejections = createRejections();
  const range = timeRange(context.receivedAt, context.retentionDays);
  for (const { attributes, items } of resources) {
    const run: Run = { ...context, ...range, splitter, services, rejections, resource: resourceOf(attributes) };
    for (const metric of items) acceptMetric(run, metric);
  }
  return { records: splitter.records(), services, rejections };
}

function acceptMetric(run: Run, metric: OtlpMetric): void {
  const { kind, defect } = kindOf(metric);
  for (const point of metric.numbers) acceptPoint(run, { metric, kind, point, defect, data: numberOf });
  for (const point of metric.histograms) acceptPoint(run, { metric, kind, point, defect, data: histogramOf });
  for (const point of metric.exponentials) acceptPoint(run, { metric, kind, point, defect, data: exponentialOf(kind) });
  for (const point of metric.summaries) acceptSummary(run, { metric, point, defect });
}

type Kind = MetricSeries['kind'];

/** A total that may fall says where something stands, which is what a gauge says. */
function kindOf({ name, unit, type, temporality, isMonotonic }: OtlpMetric): { kind: Kind; defect?: string } {
  if (name === '') return { kind: 'gauge', defect: 'metric_name_missing' };
  if (isReservedMetric(type === 'summary' ? `${name}.` : name))
    return { kind: 'gauge', defect: 'metric_name_reserved' };
  if (name.length > OTLP_LIMITS.metricNameLength) return { kind: 'gauge', defect: 'metric_name_too_long' };
  if (unit.length > OTLP_LIMITS.unitLength) return { kind: 'gauge', defect: 'unit_too_long' };
  if (type === 'gauge' || type === 'summary') return { kind: 'gauge' };
  if (temporality === TEMPORALITY.delta) return { kind: 'delta' };
  if (temporality !== TEMPORALITY.cumulative) return { kind: 'gauge', defect: 'temporality_missing' };
  return { kind: type === 'sum' && !isMonotonic ? 'gauge' : 'cumulative' };
}

/** Values of a point as they are stored, or why there can be none. */
type Stored = Pick<MetricSeries, 'points' | 'histograms'> | string;

interface PointQuestion<Point> {
  metric: Pick<OtlpMetric, 'name' | 'unit'>;
  kind: Kind;
  point: Point;
  defect: string | undefined;
  data: (point: Point, times: { at: number; startAt: number }) => Stored;
}

const noValue = 1;
const none: never[] = [];

function acceptPoint<Point extends PointHead>(run: Run, question: PointQuestion<Point>): void {
  const { metric, point, kind, data } = question;
  // The source has ended or had nothing to say: there is nothing to store, and nothing wrong with it either.
  if ((point.flags & noValue) !== 0) return;
  const { service } = run.resource;
  const labels = acceptLabels(run.resource.labels, point.attributes);
  const times = { at: point.at || run.receivedAt, startAt: kind === 'gauge' ? 0 : point.startAt };
  const stored = question.defect ?? (typeof labels === 'string' ? labels : data(point, times));
  if (typeof labels === 'string' || typeof stored === 'string') {
    reject(run.rejections, stored as string);
    return;
  }
  const { points, histograms } = stored;
  const text = textOfLabels(labels) + metric.name.length + service.length + 8 * (histograms[0]?.counts.length ?? 0);
  const timeDefect = defectOfTime(run, times.at);
  if (timeDefect !== undefined) {
    reject(run.rejections, timeDefect);
    run.splitter.add(undefined, { text });
    return;
  }
  run.services.add(service);
  const unrolled = unrolledLabels(run.table, { service, metric: metric.name, labels });
  const { name, unit } = metric;
  run.splitter.add({ service, metric: name, unit, kind, labels, unrolled, points, histograms }, { text });
}

/** Why an item with this time is not stored; undefined when it is. */
export function defectOfTime({ earliest, latest }: { earliest: number; latest: number }, at: number) {
  if (at > latest) return 'in_the_future';
  return at < earliest ? 'older_than_retention' : undefined;
}

interface Times {
  at: number;
  startAt: number;
}

function numberOf({ value }: NumberPoint, times: Times): Stored {
  if (!Number.isFinite(value)) return 'not_finite';
  const point: MetricPoint = { at: times.at, value: value + 0, startAt: startOf(times) };
  return { points: [point], histograms: none };
}

const histogramOf = (point: HistogramData, times: Times): Stored => storedHistogram(point, times, shapeOf(point));
const exponentialOf =
  (kind: Kind) =>
  (point: ExponentialData, times: Times): Stored =>
    storedHistogram(point, times, explicitShape(point, kind === 'cumulative'));

function storedHistogram({ sum, min, max }: HistogramData | ExponentialData, times: Times, shape: Shape): Stored {
  if (typeof shape === 'string') return shape;
  if (![sum, min, max].every((value) => value === null || Number.isFinite(value))) return 'not_finite';
  const histogram: HistogramPoint = { at: times.at, startAt: startOf(times), sum, min, max, ...shape };
  return { points: none, histograms: [histogram] };
}

/** A start that is not before its point is none. */
const startOf = ({ at, startAt }: Times): number => (startAt <= at ? startAt : 0);

interface SummaryQuestion {
  metric: OtlpMetric;
  point: SummaryData;
  defect: string | undefined;
}

/** A summary becomes a gauge for each quantile, `<name>.p99`, and two totals, `<name>.count` and `<name>.sum`. Rejected as one point. */
function acceptSummary(run: Run, { metric, point, defect }: SummaryQuestion): void {
  const parts: { suffix: string; kind: Kind; value: number }[] = [
    { suffix: 'count', kind: 'cumulative', value: point.count },
    { suffix: 'sum', kind: 'cumulative', value: point.sum },
    ...point.quantiles.map((each) => ({ suffix: nameOfQuantile(each.quantile), kind: 'gauge' as const, ...each })),
  ];
  const before = run.rejections.count;
  for (const { suffix, kind, value } of parts) {
    // A summary of nothing has quantiles without a value.
    if (Number.isNaN(value)) continue;
    const named = { name: `${metric.name}.${suffix}`, unit: suffix === 'count' ? '1' : metric.unit };
    acceptPoint(run, { metric: named, kind, point: { ...point, value }, defect, data: numberOf });
    if (run.rejections.count > before) return;
  }
}

/** p50 for 0.5, p99.9 for 0.999. */
const nameOfQuantile = (quantile: number): string => `p${Number((quantile * 100).toFixed(6))}`;
