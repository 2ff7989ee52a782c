import { describe, expect, test } from 'vitest';
import { bucketName, groupByBucket, summarize, toEvents } from '../../../bench/receipt/facts.ts';
import { checkPublishedFacts } from '../../../bench/receipt/published.ts';
import { syntheticCases, syntheticFacts } from '../../support/event-log.ts';

describe('the exact answers for the event log', () => {
  test('agree with facts stated by hand', () => {
    const checks = checkPublishedFacts(syntheticCases, syntheticFacts);
    expect(checks.filter(({ isOk }) => !isOk)).toEqual([]);
  });

  test('notice a fact that is not so', () => {
    const checks = checkPublishedFacts(syntheticCases, { ...syntheticFacts, sla_met: syntheticFacts.sla_met + 1 });
    expect(checks.filter(({ isOk }) => !isOk).map(({ name }) => name)).toEqual(['file: finished in time']);
  });

  test('count an event for the SLA only when its urgency has a target', () => {
    const late = toEvents(syntheticCases).filter(({ metricType }) => metricType === 'Lateness');
    expect(summarize(late, {}).slaTotal).toBe(0);
    expect(summarize(late, { General: 0 }).slaTotal).toBeLessThan(late.length);
  });

  test('put every event into exactly one bucket', () => {
    const events = toEvents(syntheticCases);
    for (const interval of ['hour', 'day', 'week', 'month'] as const) {
      const sizes = [...groupByBucket(events, interval).values()].map((bucket) => bucket.length);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(events.length);
    }
  });
});

test('buckets begin at UTC hours, days, ISO Mondays and first days of months', () => {
  const sunday = Date.parse('2011-05-01T01:30:00+02:00');
  expect(bucketName(sunday, 'hour')).toBe('2011-04-30T23:00:00Z');
  expect(bucketName(sunday, 'day')).toBe('2011-04-30');
  expect(bucketName(sunday, 'week')).toBe('2011-04-25');
  expect(bucketName(sunday, 'month')).toBe('2011-04-01');
  expect(bucketName(Date.parse('2011-05-01T12:00:00Z'), 'week')).toBe('2011-04-25');
  expect(bucketName(Date.parse('2011-05-02T00:00:00Z'), 'week')).toBe('2011-05-02');
});
