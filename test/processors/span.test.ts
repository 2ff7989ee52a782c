import { expect, it } from 'vitest';
import { widenSpan } from '../../processors/span.ts';
import { createBatch, createEvent, testAt } from '../support/event-batches.ts';

it('covers every event of every batch, its end exclusive', () => {
  const events = [createEvent('a', { at: testAt + 5 }), createEvent('b', { at: testAt })];
  const one = widenSpan(undefined, createBatch([], { events }));
  expect(one).toEqual({ tenants: ['org_acme'], from: testAt, to: testAt + 6 });
  const two = widenSpan(
    one,
    createBatch(['c'], { tenant: 'org_globex', events: [createEvent('c', { at: testAt - 1 })] }),
  );
  expect(two).toEqual({ tenants: ['org_acme', 'org_globex'], from: testAt - 1, to: testAt + 6 });
});

it('is not widened by a batch without events', () => {
  expect(widenSpan(undefined, createBatch([]))).toBeUndefined();
});
