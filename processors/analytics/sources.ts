import type { EventBatch } from '../../schemas/events/event-batch.ts';
import { decodeEventBatch } from '../../schemas/events/event-batch-codec.ts';
import type { LogEvent } from '../../schemas/telemetry/log-batch.ts';
import { isReservedMetric, LOG_METRICS } from '../../schemas/telemetry/reserved-metrics.ts';
import { TOPICS } from '../../schemas/topics.ts';
import { type Position, toMeasurement } from '../fold.ts';
import type { Measurement } from '../processor.ts';
import { type ControlBatch, withControl } from '../streams/control.ts';
import { logs } from '../streams/logs.ts';
import { type MetricItem, measure } from '../streams/metric-items.ts';
import { metrics } from '../streams/metrics.ts';
import type { Totals } from '../streams/series-totals.ts';
import type { StreamBatch } from '../streams/stream.ts';

/** A topic whose records hold measurements. */
export interface MeasurementSource<Batch extends StreamBatch = StreamBatch> {
  topic: string;
  /** A batch or a control record. Never throws; a text says why the bytes hold neither. */
  decode(bytes: Uint8Array): Batch | ControlBatch | string;
  /** What one item measures, undefined when it is nothing. Called for every item that is no repeat, in the order of the log. */
  measure(batch: Batch, position: Position, totals: Totals): Measurement | undefined;
}

/** A source whose batches are its own business. */
// biome-ignore lint/suspicious/noExplicitAny: sources of any batch stand in one list, each consistent in itself
export type AnySource = MeasurementSource<any>;

export const eventSource: MeasurementSource<EventBatch> = {
  topic: TOPICS.events,
  decode: withControl(decodeEventBatch),
  measure(batch, position) {
    const event = batch.events[position.index];
    return event && toMeasurement(batch, event, position);
  },
};

/** Points as they are rolled up; a histogram is none. */
const pointSource: MeasurementSource<StreamBatch<MetricItem>> = {
  topic: TOPICS.metrics,
  decode: withControl(metrics.decode),
  measure(batch, position, totals) {
    const item = batch.events[position.index];
    if (item === undefined) return undefined;
    const { value } = measure(item, batch, totals);
    const { service, metric, labels, unrolled } = item.series;
    if (value === null || item.histogram !== undefined || isReservedMetric(metric)) return undefined;
    return ofService(batch, position, { subject: service, metric, at: item.at, value, dimensions: labels, unrolled });
  },
};

const logSource: MeasurementSource<StreamBatch<LogEvent>> = {
  topic: TOPICS.logs,
  decode: withControl(logs.decode),
  measure(batch, position) {
    const log = batch.events[position.index];
    if (log === undefined) return undefined;
    const named = { subject: log.service, metric: LOG_METRICS + log.level, dimensions: {}, unrolled: [] };
    return ofService(batch, position, { ...named, at: log.at, value: 1 });
  },
};

/** Every topic the stateful processors read. */
export const measurementSources: readonly AnySource[] = [eventSource, pointSource, logSource];
/** Their topics. */
export const measuredTopics = [TOPICS.events, TOPICS.metrics, TOPICS.logs] as const;

type Own = Pick<Measurement, 'subject' | 'metric' | 'at' | 'value' | 'dimensions' | 'unrolled'>;

// Field by field in the order of toMeasurement: what the processors see has one shape.
function ofService({ tenant, receivedAt, retentionDays }: StreamBatch, position: Position, own: Own): Measurement {
  return {
    tenant,
    subjectKind: 'service',
    subject: own.subject,
    metric: own.metric,
    at: own.at,
    value: own.value,
    slaTarget: null,
    dimensions: own.dimensions,
    unrolled: own.unrolled,
    correlationId: '',
    eventId: '',
    hasClientId: false,
    receivedAt,
    retentionDays,
    partition: position.partition,
    offset: position.offset,
    index: position.index,
  };
}
