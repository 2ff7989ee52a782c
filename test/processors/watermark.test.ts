import { expect, it } from 'vitest';
import {
  advanceEventTime,
  type EventTime,
  isLate,
  LATENESS_GRACE_MS,
  NO_EVENT_TIME,
} from '../../processors/watermark.ts';
import { createBatch, createEvent, testAt } from '../support/event-batches.ts';

const nothing: ReadonlySet<number> = new Set();

/** The event time after records with events at these times, milliseconds from the time of the tests. */
function after(records: readonly (readonly number[])[], start: EventTime = NO_EVENT_TIME): EventTime {
  return records.reduce((eventTime, times) => {
    const events = times.map((time, index) => createEvent(`e${index}`, { at: testAt + time }));
    return advanceEventTime(eventTime, createBatch([], { receivedAt: testAt + LATENESS_GRACE_MS, events }), nothing);
  }, start);
}

it('follows the latest event and never goes back', () => {
  expect(after([[1], [5, 3], [2]])).toEqual({ watermark: testAt + 5, late: 0 });
});

it('allows an hour behind the watermark, to the millisecond', () => {
  expect(LATENESS_GRACE_MS).toBe(3_600_000);
  expect(after([[0], [-LATENESS_GRACE_MS]]).late).toBe(0);
  expect(after([[0], [-LATENESS_GRACE_MS - 1]]).late).toBe(1);
  expect(isLate(testAt, undefined)).toBe(false);
});

it('judges the events of a record by the records before it', () => {
  expect(
    after([
      [0, -2 * LATENESS_GRACE_MS],
      [-2 * LATENESS_GRACE_MS, 1],
    ]).late,
  ).toBe(1);
});

it('is not moved by an event ahead of its receipt', () => {
  expect(after([[LATENESS_GRACE_MS + 600_000]]).watermark).toBe(testAt + LATENESS_GRACE_MS);
});

it('takes no notice of events that were stored before', () => {
  const batch = createBatch([], {
    events: [createEvent('late', { at: testAt - 2 * LATENESS_GRACE_MS }), createEvent('new', { at: testAt + 9 })],
  });
  expect(advanceEventTime(after([[0]]), batch, new Set([0, 1]))).toEqual(after([[0]]));
});

it('comes to the same whatever ranges the records are read in', () => {
  const records = [[0], [3], [-2 * LATENESS_GRACE_MS], [7, -9 * LATENESS_GRACE_MS]];
  for (let cut = 0; cut <= records.length; cut++) {
    expect(after(records.slice(cut), after(records.slice(0, cut)))).toEqual(after(records));
  }
});
