import type { BusinessEvent, EventBatch } from './event-batch.ts';

/** The position of an event within its record is stored in 16 bits. */
export const MAX_BATCH_EVENTS = 65_536;

/** Times that the tables can hold, milliseconds since the epoch; the later one is the end of what 32 bits of seconds hold. */
export const EARLIEST_AT = Date.UTC(1900, 0, 1);
export const LATEST_AT = (2 ** 32 - 1) * 1_000;

/** Whether a batch holds what ingest could have written. One that does not would spoil every figure it is added to. */
export function isPossible({ tenant, receivedAt, retentionDays, events }: EventBatch): boolean {
  const isWhole = tenant !== '' && retentionDays >= 0 && events.length <= MAX_BATCH_EVENTS;
  return isWhole && isTime(receivedAt) && events.every(isPossibleEvent);
}

function isPossibleEvent({ at, value, slaTarget }: BusinessEvent): boolean {
  return isTime(at) && Number.isFinite(value) && (slaTarget === null || Number.isFinite(slaTarget));
}

/** Whether the tables can hold a time. */
export const isTime = (at: number): boolean => at >= EARLIEST_AT && at <= LATEST_AT;
