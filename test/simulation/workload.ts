import { DUPLICATE_WINDOW_MS } from '../../processors/duplicates.ts';
import { decodeControlRecord, encodeControlRecord } from '../../schemas/control/control-record-codec.ts';
import type { EventBatch } from '../../schemas/events/event-batch.ts';
import { decodeEventBatch, encodeEventBatch } from '../../schemas/events/event-batch-codec.ts';
import { createBatch, createEvent, testAt } from '../support/event-batches.ts';
import type { Random } from './random.ts';
import type { EventRow } from './tables.ts';

const hour = 3_600_000;
const poisonShare = 0.03;
const clientShare = 0.4;
const tickShare = 0.1;

/** The tenants of a partition: two that are nowhere else, and one that is on all of them. */
export const tenantsOf = (partition: number): string[] => [`org_${partition}a`, `org_${partition}b`, 'org_everywhere'];

/** What one request appends: some events of one tenant, or bytes nothing can be read from; or a record of control. */
export function createValue(random: Random, partition: number, number: number): Uint8Array {
  if (random.isHit(poisonShare)) return Buffer.from(`poison ${number}`);
  if (random.isHit(tickShare)) return encodeControlRecord({ at: testAt + number * hour, tenant: '', settings: null });
  return encodeEventBatch(createRequest(random, partition, number));
}

function createRequest(random: Random, partition: number, number: number): EventBatch {
  const clientIds = random.isHit(clientShare);
  const events = Array.from({ length: random.between(1, 4) }, (_, index) =>
    // A small choice of ids makes clients repeat themselves.
    createEvent(clientIds ? `client-${random.between(0, 30)}` : `server-${partition}-${number}-${index}`, {
      capability: random.pick(['P2P', 'O2C']),
      metric: random.pick(['CycleTime', 'Cost']),
      at: testAt + random.pick([0, 1, 20_000, 61_000, hour, 13 * 24 * hour]),
      value: random.between(0, 9),
      slaTarget: random.isHit(0.5) ? 4 : null,
      dimensions: random.isHit(0.5) ? { region: random.pick(['north', 'south']) } : {},
      unrolled: random.isHit(0.1) ? ['region'] : [],
    }),
  );
  const receivedAt = testAt + number * hour;
  return createBatch([], { tenant: random.pick(tenantsOf(partition)), clientIds, receivedAt, events });
}

/** One appended record. */
export interface Appended {
  partition: number;
  offset: number;
  value: Uint8Array;
}

/** What must be stored, said without the code under test: every event that repeats no id of its tenant within 24 hours. */
export function expectedRows(appended: readonly Appended[]): EventRow[] {
  const storedAt = new Map<string, number>();
  const inOrder = [...appended].sort((a, b) => a.partition - b.partition || a.offset - b.offset);
  return inOrder.flatMap(({ partition, offset, value }) => {
    const batch = decodeEventBatch(value);
    if (typeof batch === 'string') return [];
    return batch.events.flatMap((event, index) => {
      const { id } = event;
      const name = `${partition} ${batch.tenant} ${id}`;
      const before = batch.clientIds ? storedAt.get(name) : undefined;
      if (before !== undefined && batch.receivedAt - before <= DUPLICATE_WINDOW_MS) return [];
      if (batch.clientIds) storedAt.set(name, batch.receivedAt);
      const { tenant, receivedAt, clientIds } = batch;
      return [{ ...event, tenant, receivedAt, clientId: clientIds, eventId: id, partition, offset, index }];
    });
  });
}

/** Positions of the records that cannot be decoded. */
export function poisonPositions(
  appended: readonly Appended[],
  decode: (value: Uint8Array) => unknown = decodeEventBatch,
): string[] {
  return appended
    .filter(({ value }) => typeof decode(value) === 'string' && typeof decodeControlRecord(value) === 'string')
    .map(({ partition, offset }) => `${partition}/${offset}`);
}
