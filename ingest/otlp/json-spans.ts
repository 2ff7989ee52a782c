import {
  attributesOf,
  decodeJson,
  idOf,
  type JsonObject,
  numberOf,
  objectOf,
  preciseTimeOf,
  readJsonResources,
  textOf,
} from './json-reader.ts';
import type { OtlpBudget, OtlpDefect, OtlpResource, OtlpSpan } from './otlp-model.ts';

const statusError = 2;
const levels = { resources: 'resourceSpans', scopes: 'scopeSpans', items: 'spans' };

/** The spans of an ExportTraceServiceRequest in JSON, or why the value is none. */
export const decodeJsonSpans = (body: unknown): OtlpResource<OtlpSpan>[] | OtlpDefect =>
  decodeJson(body, (root, budget) => readJsonResources({ root, budget, levels }, readSpan));

const readSpan = (json: JsonObject, budget: OtlpBudget): OtlpSpan => ({
  attributes: attributesOf(json.attributes, budget),
  traceId: idOf(json.traceId),
  spanId: idOf(json.spanId),
  parentId: idOf(json.parentSpanId),
  name: textOf(json.name),
  kind: numberOf(json.kind, 0),
  startAt: preciseTimeOf(json.startTimeUnixNano),
  endAt: preciseTimeOf(json.endTimeUnixNano),
  isError: numberOf(objectOf(json.status).code, 0) === statusError,
});
