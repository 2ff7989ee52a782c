import type { LogEvent } from '../../schemas/telemetry/log-batch.ts';
import { timeRange } from '../accept-time.ts';
import { type AcceptContext, type AcceptedRecords, defectOfTime } from './accept-metrics.ts';
import { textOfLabels } from './labels.ts';
import { OTLP_LIMITS } from './otlp-limits.ts';
import type { Attributes, OtlpLog, OtlpResource } from './otlp-model.ts';
import { createRecordSplitter } from './record-splitter.ts';
import { createRejections, reject } from './rejections.ts';
import { cut, resourceOf } from './resource.ts';

type Level = LogEvent['level'];

/** The lowest severity of each level, from the highest level. */
const levels: readonly (readonly [number, Level])[] = [
  [21, 'fatal'],
  [17, 'error'],
  [13, 'warn'],
  [9, 'info'],
  [1, 'debug'],
];
const levelsByText: Readonly<Record<string, Level>> = {
  trace: 'debug',
  debug: 'debug',
  info: 'info',
  information: 'info',
  notice: 'info',
  warn: 'warn',
  warning: 'warn',
  error: 'error',
  err: 'error',
  critical: 'fatal',
  fatal: 'fatal',
  emergency: 'fatal',
};
const idPattern = /^(?!0+$)[0-9a-f]+$/;
const traceDigits = 32;
const spanDigits = 16;

/** The log records of a request as they go into the log, with ids by their position. */
export function acceptLogs(
  resources: readonly OtlpResource<OtlpLog>[],
  context: AcceptContext & { ids: { at(index: number): string } },
): AcceptedRecords<LogEvent> {
  const splitter = createRecordSplitter<LogEvent>();
  const services = new Set<string>();
  const rejections = createRejections();
  const range = timeRange(context.receivedAt, context.retentionDays);
  let index = 0;
  for (const { attributes, items } of resources) {
    const { service, labels } = resourceOf(attributes);
    for (const record of items) {
      const at = Math.floor(record.at || record.observedAt || context.receivedAt);
      const event = toEvent(record, { id: context.ids.at(index++), at, service, labels });
      const defect = defectOfTime(range, at);
      if (defect === undefined) services.add(service);
      else reject(rejections, defect);
      const text = event.message.length + textOfLabels(event.metadata) + service.length;
      splitter.add(defect === undefined ? event : undefined, { text });
    }
  }
  return { records: splitter.records(), services, rejections };
}

interface EventHead {
  id: string;
  at: number;
  service: string;
  labels: Attributes;
}

function toEvent(record: OtlpLog, { id, at, service, labels }: EventHead): LogEvent {
  const { body, attributes, eventName } = record;
  return {
    id,
    service,
    level: levelOf(record),
    message: cut(body === '' ? eventName : body, OTLP_LIMITS.messageLength),
    at,
    traceId: idOf(record.traceId, traceDigits),
    spanId: idOf(record.spanId, spanDigits),
    metadata: metadataOf(eventName === '' ? attributes : { ...attributes, 'event.name': eventName }, labels),
  };
}

/** Without a known severity an event is of level info. */
export function levelOf({ severity, severityText }: Pick<OtlpLog, 'severity' | 'severityText'>): Level {
  const level = levels.find(([lowest]) => severity >= lowest)?.[1];
  if (level !== undefined) return level;
  const text = severityText.trim().toLowerCase();
  return Object.hasOwn(levelsByText, text) ? (levelsByText[text] as Level) : 'info';
}

/** An id of the right length that is not all zeros, else none. */
export const idOf = (id: string, digits: number): string => (id.length === digits && idPattern.test(id) ? id : '');

/** The record's own attributes come first when there are too many. */
function metadataOf(own: Attributes, labels: Attributes): Attributes {
  const metadata: Attributes = {};
  let count = 0;
  for (const attributes of [own, labels]) {
    for (const name in attributes) {
      if (Object.hasOwn(metadata, name) || name.length > OTLP_LIMITS.metadataNameLength) continue;
      if (++count > OTLP_LIMITS.metadata) return metadata;
      metadata[name] = cut(attributes[name] as string, OTLP_LIMITS.metadataValueLength);
    }
  }
  return metadata;
}
