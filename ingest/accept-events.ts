import type { MetricDefinition } from '../platform/tenancy/tenancy.ts';
import { metricId } from '../platform/tenancy/tenancy.ts';
import { EVENT_LIMITS } from '../schemas/api/event-limits.ts';
import type { IncomingEvent } from '../schemas/api/events.ts';
import type { BusinessEvent, EventBatch } from '../schemas/events/event-batch.ts';
import { acceptDimensions, type DimensionsRun, type EventIssue } from './accept-dimensions.ts';
import { type TimeRange, timeIssue, timeRange } from './accept-time.ts';
import type { Series, SeriesTable } from './cardinality.ts';
import { parseTimestamp } from './timestamps.ts';

export interface AcceptContext {
  tenant: { id: string; dataRetentionDays: number };
  /** The references of the tenant that occur in the request. */
  orgCodes: ReadonlySet<string>;
  catalog: AcceptCatalog;
  series: SeriesTable<SlaDefinition>;
  /** Milliseconds since the epoch; the time of events that name none. */
  receivedAt: number;
  ids: { at(index: number): string; isDerived: boolean };
}

export interface AcceptCatalog {
  capabilities: { has(code: string): boolean };
  metrics: ReadonlyMap<string, MetricDefinition>;
}

/** What an event of a series needs from the catalog. `source` is the catalog it was read from. */
export interface SlaDefinition {
  source: AcceptCatalog;
  isKnown: boolean;
  dimension: string;
  targets: ReadonlyMap<unknown, number>;
}

export interface Accepted {
  batch: EventBatch;
  /** Whether an event came with an id of its own; otherwise all have those of the context. */
  hasGivenIds: boolean;
}

interface Run extends DimensionsRun {
  context: AcceptContext;
  table: SeriesTable<SlaDefinition>;
  range: TimeRange;
  /** Ids given by the client, with the position of the event. */
  clientIds: Map<string, number>;
}

/**
 * Turns the events of one request into one record's batch, or says everything that is wrong with them. Their shape has been checked
 * against IncomingEventSchema; a field that failed there may hold anything and is passed over here, unless its value says more.
 */
export function acceptEvents(
  events: readonly IncomingEvent[],
  context: AcceptContext,
): Accepted | { issues: EventIssue[] } {
  const run = startRun(context);
  const accepted: BusinessEvent[] = [];
  for (let index = 0; index < events.length; index++) {
    const event = events[index];
    run.index = index;
    if (isObject(event)) accepted.push(acceptEvent(run, event));
  }
  if (run.issues.length > 0) return { issues: run.issues };
  const { tenant, receivedAt, ids } = context;
  const hasGivenIds = run.clientIds.size > 0;
  const clientIds = ids.isDerived || hasGivenIds;
  const retentionDays = tenant.dataRetentionDays;
  return { batch: { tenant: tenant.id, receivedAt, retentionDays, clientIds, events: accepted }, hasGivenIds };
}

/** The distinct organization references of the events; what cannot be one is left out. */
export function orgCodesOf(events: readonly IncomingEvent[]): Set<string> {
  const codes = new Set<string>();
  let last: unknown;
  for (const event of events) {
    if (!isObject(event) || event.orgCode === last) continue;
    last = event.orgCode;
    if (isReference(last)) codes.add(last);
  }
  return codes;
}

function startRun(context: AcceptContext): Run {
  const { receivedAt, tenant } = context;
  return {
    context,
    range: timeRange(receivedAt, tenant.dataRetentionDays),
    clientIds: new Map(),
    index: 0,
    issues: [],
    field: 'dimensions',
    table: context.series,
    unrolled: noNames,
  };
}

// Shared by all events that have none; nothing changes it.
const noNames: string[] = [];

function acceptEvent(run: Run, event: IncomingEvent): BusinessEvent {
  if (!run.context.orgCodes.has(event.orgCode) && isReference(event.orgCode)) {
    report(run, 'orgCode', 'must be the organization of all other events of the batch');
  }
  const series = seriesOf(run, event);
  run.unrolled = noNames;
  const dimensions = acceptDimensions(run, event.dimensions, series);
  return {
    id: event.id === undefined ? run.context.ids.at(run.index) : clientId(run, event.id),
    capability: series.capability,
    metric: series.metric,
    at: timeOf(run, event.timestamp),
    value: acceptValue(run, event.value),
    slaTarget: targetOf(series.definition, dimensions),
    correlationId: event.correlationId === undefined ? '' : correlationId(run, event.correlationId),
    dimensions,
    unrolled: run.unrolled,
  };
}

function seriesOf(run: Run, event: IncomingEvent): Series<SlaDefinition> {
  const capability = event.capabilityCode ?? event.capability;
  if (event.capability !== undefined && event.capability !== capability) {
    report(run, 'capability', "must equal 'capabilityCode'");
  }
  if (capability === undefined) report(run, 'capabilityCode', 'must not be empty');
  if (typeof capability !== 'string' || typeof event.metricType !== 'string') return noSeries;
  const series = run.table.series(capability, event.metricType);
  const { catalog } = run.context;
  if (series.definition?.source !== catalog) series.definition = define(catalog, capability, event.metricType);
  if (!series.definition.isKnown && capability !== '') {
    const field = event.capabilityCode === undefined ? 'capability' : 'capabilityCode';
    report(run, field, `unknown capability '${capability.toWellFormed().slice(0, EVENT_LIMITS.codeLength)}'`);
  }
  return series;
}

const noSeries: Series<SlaDefinition> = { capability: '', metric: '', values: new Map(), definition: undefined };

function define(source: AcceptCatalog, capability: string, metricType: string): SlaDefinition {
  const metric = source.metrics.get(metricId(capability, metricType));
  return {
    source,
    isKnown: source.capabilities.has(capability),
    dimension: metric?.slaDimension ?? '',
    targets: new Map(Object.entries(metric?.slaTargets ?? {})),
  };
}

function targetOf(definition: SlaDefinition | undefined, dimensions: Record<string, string>): number | null {
  if (definition === undefined || definition.targets.size === 0) return null;
  return definition.targets.get(dimensions[definition.dimension]) ?? null;
}

function timeOf(run: Run, timestamp: string | undefined): number {
  if (typeof timestamp !== 'string') return run.context.receivedAt;
  const at = parseTimestamp(timestamp);
  if (at <= run.range.latest && at >= run.range.earliest) return at;
  report(run, 'timestamp', timeIssue(run.range, at));
  return at;
}

function acceptValue(run: Run, value: unknown): number {
  // Adding zero turns -0 into 0.
  if (typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY) return value + 0;
  if (value !== undefined) report(run, 'value', 'must be a positive number');
  return 0;
}

function correlationId(run: Run, text: unknown): string {
  if (typeof text !== 'string') return '';
  if (!text.isWellFormed() || text.includes('\0')) report(run, 'correlationId', 'must be valid Unicode text');
  return text;
}

function clientId(run: Run, given: unknown): string {
  if (typeof given !== 'string') return '';
  const id = given.startsWith('evt_') ? given : `evt_${given}`;
  const first = run.clientIds.get(id);
  if (first !== undefined) report(run, 'id', `must not repeat the id of event ${first}`);
  else run.clientIds.set(id, run.index);
  return id;
}

function report(run: Run, field: string, issue: string): void {
  run.issues.push({ index: run.index, field, issue });
}

const isReference = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= EVENT_LIMITS.codeLength;

const isObject = (value: unknown): value is IncomingEvent => typeof value === 'object' && value !== null;
