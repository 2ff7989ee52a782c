import {
  anyValueOf,
  attributesOf,
  decodeJson,
  idOf,
  type JsonObject,
  numberOf,
  readJsonResources,
  textOf,
  timeOf,
} from './json-reader.ts';
import { asText, type OtlpBudget, type OtlpDefect, type OtlpLog, type OtlpResource } from './otlp-model.ts';

const levels = { resources: 'resourceLogs', scopes: 'scopeLogs', items: 'logRecords' };

/** The records of an ExportLogsServiceRequest in JSON, or why the value is none. */
export const decodeJsonLogs = (body: unknown): OtlpResource<OtlpLog>[] | OtlpDefect =>
  decodeJson(body, (root, budget) => readJsonResources({ root, budget, levels }, readRecord));

const readRecord = (json: JsonObject, budget: OtlpBudget): OtlpLog => ({
  attributes: attributesOf(json.attributes, budget),
  at: timeOf(json.timeUnixNano),
  observedAt: timeOf(json.observedTimeUnixNano),
  severity: numberOf(json.severityNumber, 0),
  severityText: textOf(json.severityText),
  body: asText(anyValueOf(json.body, budget)),
  eventName: textOf(json.eventName),
  traceId: idOf(json.traceId),
  spanId: idOf(json.spanId),
});
