import { expect, it } from 'vitest';
import type { EventBatch } from '../../../schemas/events/event-batch.ts';
import { decodeEventBatch, encodeEventBatch } from '../../../schemas/events/event-batch-codec.ts';
import { EARLIEST_AT, LATEST_AT, MAX_BATCH_EVENTS } from '../../../schemas/events/possible-values.ts';
import { createBatch, createEvent } from '../../support/event-batches.ts';

const batchOf = (event: Parameters<typeof createEvent>[1]): EventBatch =>
  createBatch([], { events: [createEvent('ordinary'), createEvent('odd', event)] });

it.each([
  ['no tenant', createBatch(['a'], { tenant: '' })],
  ['a negative retention', createBatch(['a'], { retentionDays: -1 })],
  ['a receipt after all times', createBatch(['a'], { receivedAt: LATEST_AT + 1 })],
  ['a value that is no number', batchOf({ value: Number.NaN })],
  ['an infinite value', batchOf({ value: Number.POSITIVE_INFINITY })],
  ['an infinite target', batchOf({ slaTarget: Number.NEGATIVE_INFINITY })],
  ['a time before all times', batchOf({ at: EARLIEST_AT - 1 })],
  ['a time after all times', batchOf({ at: LATEST_AT + 1 })],
  ['more events than can be numbered', createBatch(Array.from({ length: MAX_BATCH_EVENTS + 1 }, String))],
])('a record with %s is set aside', (_what, batch) => {
  expect(decodeEventBatch(encodeEventBatch(batch))).toBe('impossible_value');
});

it.each([
  ['the earliest time', batchOf({ at: EARLIEST_AT })],
  ['the latest time', batchOf({ at: LATEST_AT })],
  ['a negative value', batchOf({ value: -Number.MAX_VALUE })],
  ['as many events as can be numbered', createBatch(Array.from({ length: MAX_BATCH_EVENTS }, String))],
])('a record with %s is read', (_what, batch) => {
  expect(decodeEventBatch(encodeEventBatch(batch))).toEqual(batch);
});
