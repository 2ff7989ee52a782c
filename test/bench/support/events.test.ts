import { expect, test } from 'vitest';
import { toBatches, type WireEvent } from '../../../bench/support/events.ts';

const event = (orgCode: string, value: number): WireEvent => ({
  orgCode,
  capabilityCode: 'PA',
  metricType: 'Volume',
  value,
  timestamp: '2026-03-18T10:30:00Z',
});

test('batches hold at most 1,000 events of one tenant, and together all of them in order', () => {
  const events = Array.from({ length: 2_501 }, (_, index) => event(index % 3 === 0 ? 'ACME' : 'GLOBEX', index));
  const batches = [...toBatches(events)];
  expect(batches.map((batch) => batch.length)).toEqual([1_000, 834, 667]);
  for (const batch of batches) expect(new Set(batch.map(({ orgCode }) => orgCode)).size).toBe(1);
  expect(batches.flat().sort((a, b) => a.value - b.value)).toEqual(events);
});
