import type { ServiceEdge } from '../../schemas/telemetry/edge-batch.ts';
import type { MetricPoint, MetricSeries } from '../../schemas/telemetry/metric-batch.ts';
import { type TimeRange, timeRange } from '../accept-time.ts';
import type { SeriesTable } from '../cardinality.ts';
import { unrolledLabels } from '../telemetry/unrolled-labels.ts';
import { idOf } from './accept-logs.ts';
import { type AcceptContext, defectOfTime } from './accept-metrics.ts';
import { OTLP_LIMITS } from './otlp-limits.ts';
import type { OtlpResource, OtlpSpan } from './otlp-model.ts';
import { createRecordSplitter } from './record-splitter.ts';
import { createRejections, type Rejections, reject } from './rejections.ts';
import { cut, resourceOf } from './resource.ts';
import { edgesOf } from './service-edges.ts';
import { linkSpans, type Span, selfTimeOf } from './span-tree.ts';

export const SELF_TIME_METRIC = 'span.self_time';
export const ERRORS_METRIC = 'span.errors';

/** What the spans of a request come to; the spans themselves are not kept. */
export interface AcceptedSpans {
  series: MetricSeries[][];
  edges: ServiceEdge[][];
  services: ReadonlySet<string>;
  rejections: Rejections;
}

const traceDigits = 32;
const spanDigits = 16;
const minuteMs = 60_000;
const pointText = 16;
/** Points of one series in one record. */
const pointsPerSeries = 1_000;

interface Run {
  table: SeriesTable<unknown>;
  range: TimeRange;
}

/**
 * Self-times by service and operation, in milliseconds, errors by minute, and calls between services by minute. Spans find their parents
 * within the request only. Throws OtlpDefectError `too_many`, see createRecordSplitter.
 */
export function acceptSpans(
  resources: readonly OtlpResource<OtlpSpan>[],
  { receivedAt, retentionDays, table }: AcceptContext & { table: SeriesTable<unknown> },
): AcceptedSpans {
  const rejections = createRejections();
  const run = { table, range: timeRange(receivedAt, retentionDays) };
  const spans = spansOf(resources, rejections);
  linkSpans(spans);
  const services = new Set<string>();
  for (const { endAt, service } of spans) {
    const defect = defectOfTime(run.range, endAt);
    if (defect === undefined) services.add(service);
    else reject(rejections, defect);
  }
  return { series: seriesOf(run, spans), edges: recordsOfEdges(run, spans), services, rejections };
}

function spansOf(resources: readonly OtlpResource<OtlpSpan>[], rejections: Rejections): Span[] {
  const spans: Span[] = [];
  for (const { attributes, items } of resources) {
    const { service } = resourceOf(attributes);
    for (const span of items) {
      const defect = defectOf(span);
      if (defect === undefined) spans.push({ ...span, service, parent: undefined, children: [] });
      else reject(rejections, defect);
    }
  }
  return spans;
}

function defectOf({ traceId, spanId, startAt, endAt }: OtlpSpan): string | undefined {
  if (idOf(traceId, traceDigits) === '' || idOf(spanId, spanDigits) === '') return 'bad_span_id';
  return startAt > 0 && endAt >= startAt ? undefined : 'bad_span_times';
}

function recordsOfEdges({ range, table }: Run, spans: readonly Span[]): ServiceEdge[][] {
  const splitter = createRecordSplitter<ServiceEdge>();
  for (const edge of edgesOf(spans, table)) {
    const isStored = defectOfTime(range, edge.at) === undefined;
    splitter.add(isStored ? edge : undefined, { text: edge.caller.length + edge.callee.length });
  }
  return splitter.records();
}

interface Operation {
  service: string;
  operation: string;
  spans: Span[];
}

function seriesOf(run: Run, spans: readonly Span[]): MetricSeries[][] {
  const splitter = createRecordSplitter<MetricSeries>();
  for (const operation of operationsOf(spans)) {
    for (const [metric, points] of [
      [SELF_TIME_METRIC, selfTimes(operation)],
      [ERRORS_METRIC, errorCounts(operation)],
    ] as const) {
      for (const part of partsOf(points)) {
        const series = toSeries(run, operation, { metric, points: part });
        const text = operation.service.length + operation.operation.length + pointText * part.length;
        splitter.add(series.points.length === 0 ? undefined : series, { text, count: part.length });
      }
    }
  }
  return splitter.records();
}

function operationsOf(spans: readonly Span[]): Operation[] {
  const operations = new Map<string, Operation>();
  for (const span of spans) {
    const operation = cut(span.name, OTLP_LIMITS.operationLength);
    const key = `${span.service}\n${operation}`;
    const known = operations.get(key);
    if (known === undefined) operations.set(key, { service: span.service, operation, spans: [span] });
    else known.spans.push(span);
  }
  return [...operations.values()];
}

const selfTimes = ({ spans }: Operation): MetricPoint[] =>
  spans.map((span) => ({ at: Math.floor(span.endAt), value: selfTimeOf(span), startAt: 0 }));

function errorCounts({ spans }: Operation): MetricPoint[] {
  const byMinute = new Map<number, number>();
  for (const { endAt, isError } of spans) {
    const minute = Math.floor(endAt / minuteMs) * minuteMs;
    if (isError) byMinute.set(minute, (byMinute.get(minute) ?? 0) + 1);
  }
  return [...byMinute].map(([at, value]) => ({ at, value, startAt: 0 }));
}

function partsOf(points: readonly MetricPoint[]): MetricPoint[][] {
  const count = Math.ceil(points.length / pointsPerSeries);
  return Array.from({ length: count }, (_, part) => points.slice(part * pointsPerSeries, (part + 1) * pointsPerSeries));
}

interface Points {
  metric: typeof SELF_TIME_METRIC | typeof ERRORS_METRIC;
  points: readonly MetricPoint[];
}

function toSeries({ table, range }: Run, { service, operation }: Operation, { metric, points }: Points): MetricSeries {
  const labels = { operation };
  const isTime = metric === SELF_TIME_METRIC;
  return {
    service,
    metric,
    unit: isTime ? 'ms' : '1',
    kind: isTime ? 'gauge' : 'delta',
    labels,
    unrolled: unrolledLabels(table, { service, metric, labels }),
    points: points.filter(({ at }) => defectOfTime(range, at) === undefined),
    histograms: [],
  };
}
