import type { StreamBatch } from './streams/stream.ts';

/** An event that lies further behind its partition's watermark is late: it is stored and rolled up like any other, and counted. */
export const LATENESS_GRACE_MS = 3_600_000;

/** How far the events of a partition have come: a function of its records alone, whatever ranges they are read in. */
export interface EventTime {
  /** Largest event time so far, milliseconds since the epoch; undefined before the first event. */
  watermark: number | undefined;
  /** Late events since the partition's first record. */
  late: number;
}

/** Of a partition nothing was read from. */
export const NO_EVENT_TIME: EventTime = { watermark: undefined, late: 0 };

/** The event time after one more record. Its events are judged by the records before it, so their order within a request does not matter;
 * those at the `dropped` positions were stored before and count for nothing. */
export function advanceEventTime(
  before: EventTime,
  batch: Pick<StreamBatch, 'events' | 'receivedAt'>,
  dropped: ReadonlySet<number>,
): EventTime {
  let { watermark, late } = before;
  for (const [index, { at }] of batch.events.entries()) {
    if (dropped.has(index)) continue;
    if (isLate(at, before.watermark)) late += 1;
    // A clock that runs ahead must not make the events of all others late.
    watermark = Math.max(watermark ?? Number.NEGATIVE_INFINITY, Math.min(at, batch.receivedAt));
  }
  return { watermark, late };
}

/** Whether an event of that time (milliseconds) comes too late for the windows before the watermark. */
export function isLate(at: number, watermark: number | undefined): boolean {
  return watermark !== undefined && at < watermark - LATENESS_GRACE_MS;
}
