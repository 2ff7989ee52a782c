import type { ApiError } from '../platform/errors.ts';
import { invalidRequest } from '../platform/http/issues.ts';
import { resolveTenant } from '../platform/http/tenant-scope.ts';
import { quotasOf } from '../platform/limits/plans.ts';
import type { LogStore } from '../platform/log-store/log-store.ts';
import type { Catalog, Directory, Principal, Tenant } from '../platform/tenancy/tenancy.ts';
import type { IncomingEvent } from '../schemas/api/events.ts';
import type { EventBatch } from '../schemas/events/event-batch.ts';
import { encodeAcceptedBatch } from '../schemas/events/event-batch-codec.ts';
import { TOPIC_SETTINGS, TOPICS } from '../schemas/topics.ts';
import type { EventIssue } from './accept-dimensions.ts';
import { type Accepted, acceptEvents, orgCodesOf, type SlaDefinition } from './accept-events.ts';
import { mergeIssues } from './accept-issues.ts';
import { createCardinalityGuard } from './cardinality.ts';
import type { EventIdSource, EventIds } from './event-ids.ts';

export interface IngestorOptions {
  logStore: LogStore;
  directory: Directory;
  ids: EventIdSource;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** The events of one request as a route received them. */
export interface IngestRequest {
  principal: Principal;
  /** Read again when needed, not kept: thousands of objects held while the log writes are what the garbage collector pays for. */
  events: () => readonly IncomingEvent[];
  /** Called when the events are encoded and nobody reads them any more. */
  release: () => void;
  /** What the HTTP server found wrong with the body's shape. */
  shapeError: ApiError | undefined;
  idempotencyKey: string | undefined;
  /** Path of a field of the event at a position, as in `events[3].value`. */
  path: (index: number, field: string) => string;
}

export interface Destination {
  tenant: Tenant;
  orgCodes: ReadonlySet<string>;
}

export interface Ingested<Body> {
  /** What was made of the batch before it went into the log. */
  body: Body;
  partition: number;
  offset: number;
}

export type Render<Body> = (batch: EventBatch, tenant: Tenant) => Body;

export interface Ingestor {
  /** The tenant the events belong to: ApiError 403 when the credential may not write to every organization they name. */
  resolve(request: IngestRequest): Promise<Destination>;
  /** Resolves when the events are durable in the log, all in one record; ApiError 400 naming every invalid field, and then nothing is stored. */
  store<Body>(request: IngestRequest, destination: Destination, render: Render<Body>): Promise<Ingested<Body>>;
}

/** The way of events from a request into the log. */
export function createIngestor(options: IngestorOptions): Ingestor {
  const guard = createCardinalityGuard<SlaDefinition>();
  return {
    resolve: (request) => resolveDestination(options.directory, request),
    async store<Body>(request: IngestRequest, destination: Destination, render: Render<Body>) {
      const catalog = await options.directory.catalog(destination.tenant.id);
      const { tenant } = destination;
      const { body, value } = prepare(accept(request, destination, catalog), (batch) => render(batch, tenant));
      request.release();
      const partition = tenant.shard % TOPIC_SETTINGS[TOPICS.events].partitions;
      const [offset] = await options.logStore.append(TOPICS.events, partition, [value]);
      if (offset === undefined) throw new Error('the log answered an append of one record without its offset');
      return { body, partition, offset };
    },
  };

  function accept(request: IngestRequest, { tenant, orgCodes }: Destination, catalog: Catalog): AcceptedWithIds {
    const receivedAt = options.now();
    const ids = idsOf(options.ids, { key: request.idempotencyKey, tenant: tenant.id, receivedAt });
    const series = guard.table(tenant.id, quotasOf(tenant).valuesPerDimension);
    const accepted = acceptEvents(request.events(), { tenant, orgCodes, catalog, series, receivedAt, ids });
    if ('issues' in accepted) throw refusal(request, accepted.issues);
    if (request.shapeError !== undefined) throw refusal(request, []);
    return { ...accepted, ids };
  }
}

interface AcceptedWithIds extends Accepted {
  ids: EventIds;
}

const prepare = <Body>({ batch, hasGivenIds, ids }: AcceptedWithIds, render: (batch: EventBatch) => Body) => ({
  body: render(batch),
  value: encodeAcceptedBatch(batch, hasGivenIds ? undefined : ids),
});

async function resolveDestination(directory: Directory, request: IngestRequest): Promise<Destination> {
  const { principal, events, shapeError } = request;
  const codes = orgCodesOf(events());
  const orgCodes = new Set<string>();
  let tenant: Tenant | undefined;
  // One by one: the first organization the credential may not touch ends the request.
  for (const reference of codes) {
    const named = await resolveTenant({ directory, principal, reference, purpose: 'write' });
    tenant ??= named;
    if (named.id === tenant.id) orgCodes.add(reference);
  }
  if (tenant === undefined) throw shapeError ?? new Error('events of valid shape name no organization');
  return { tenant, orgCodes };
}

function idsOf(source: EventIdSource, { key, tenant, receivedAt }: IdsQuestion): EventIds {
  return key === undefined ? source.fresh(receivedAt) : source.derived(tenant, key);
}

interface IdsQuestion {
  key: string | undefined;
  tenant: string;
  receivedAt: number;
}

function refusal({ shapeError, path }: IngestRequest, events: readonly EventIssue[]): ApiError {
  return invalidRequest('body', mergeIssues({ shape: shapeError?.details ?? [], events, path }));
}
