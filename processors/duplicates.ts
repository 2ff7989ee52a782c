import type { IdTable, PositionedRecord, StreamBatch } from './streams/stream.ts';

/** An event id is the same event for this long after the first one was received. */
export const DUPLICATE_WINDOW_MS = 86_400_000;

/** Ids that can be repeated, of one tenant, to look for in what the partition stored before a range. */
export interface IdLookup {
  tenant: string;
  ids: string[];
  /** Only what was received at or after this time can be repeated. Milliseconds. */
  receivedFrom: number;
  /** Default: that of the events. */
  table?: IdTable;
}

/** When an id was last stored before the range, milliseconds; by tenant, then id. */
export type EarlierIds = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** What has to be looked up before duplicates can be found: nothing when no client gave ids. */
export function idsToLookUp(batches: Iterable<PositionedRecord<StreamBatch>>): IdLookup[] {
  const byTenant = new Map<string, { ids: Set<string>; receivedFrom: number }>();
  for (const { batch } of batches) {
    if (!batch.clientIds) continue;
    const receivedFrom = batch.receivedAt - DUPLICATE_WINDOW_MS;
    const lookup = byTenant.get(batch.tenant) ?? { ids: new Set(), receivedFrom };
    byTenant.set(batch.tenant, lookup);
    lookup.receivedFrom = Math.min(lookup.receivedFrom, receivedFrom);
    for (const id of idsOf(batch)) lookup.ids.add(id);
  }
  return [...byTenant].map(([tenant, { ids, receivedFrom }]) => ({ tenant, ids: [...ids], receivedFrom }));
}

/** Positions of events by record offset. */
export type Positions = ReadonlyMap<number, ReadonlySet<number>>;

/** Takes the batches of a range in their order; returns the positions within the batch of events to drop. */
export type FindRepeated = (batch: StreamBatch) => ReadonlySet<number>;

const nothing: ReadonlySet<number> = new Set();

/**
 * Finds events that repeat an id stored at a smaller position of the partition and received at most 24 hours before. A dropped event starts
 * no new 24 hours. Ids that ingest made are never repeated.
 */
export function createFindRepeated(earlier: EarlierIds): FindRepeated {
  const storedAt = new Map<string, Map<string, number>>();
  return function findRepeated(batch) {
    if (!batch.clientIds) return nothing;
    const ofTenant = storedAt.get(batch.tenant) ?? new Map(earlier.get(batch.tenant));
    storedAt.set(batch.tenant, ofTenant);
    return takeRepeated(batch, ofTenant);
  };
}

/** By position, or one for all items. */
function idsOf({ batchId, events }: StreamBatch): readonly string[] {
  return batchId === undefined ? events.map(({ id = '' }) => id) : [batchId];
}

function takeRepeated(batch: StreamBatch, storedAt: Map<string, number>): ReadonlySet<number> {
  const { receivedAt } = batch;
  const repeated = new Set<number>();
  for (const [index, id] of idsOf(batch).entries()) {
    const before = storedAt.get(id);
    if (before !== undefined && receivedAt - before <= DUPLICATE_WINDOW_MS) repeated.add(index);
    else storedAt.set(id, receivedAt);
  }
  const isWhole = batch.batchId !== undefined && repeated.size > 0;
  return isWhole ? new Set(batch.events.keys()) : repeated;
}
