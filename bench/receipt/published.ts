import { nearestRank, sortAscending } from '../support/quantiles.ts';
import { type Check, checkClose, checkEqual } from './checks.ts';
import type { Case, PublishedFacts } from './event-log.ts';
import { type ReceiptEvent, toEvents } from './facts.ts';

/**
 * Checks that our reading of the file is the published one, before the API is asked anything. `cycle_hours`: first to last activity of
 * every case; quantile q is the value at position floor(q * n) of the ascending list. SLA: a finished case is breached when
 * `case:enddate` is after `case:deadline`; departments are [breached, finished].
 */
export function checkPublishedFacts(cases: readonly Case[], published: PublishedFacts): Check[] {
  const events = toEvents(cases);
  const lateness = events.filter(({ metricType }) => metricType === 'Lateness');
  const hours = sortAscending(valuesOf(events, 'ActiveTime'));
  const hoursAt = (q: number) => hours[Math.floor(q * hours.length)] ?? Number.NaN;
  const departments = Map.groupBy(lateness, ({ dimensions }) => dimensions.urgency ?? '');
  return [
    checkEqual('file: cases', cases.length, published.cases),
    checkEqual('file: activities', valuesOf(events, 'Milestone').length, published.events),
    checkEqual('file: finished in time', lateness.length - countBreached(lateness), published.sla_met),
    checkEqual('file: finished late', countBreached(lateness), published.sla_breached),
    checkEqual('file: not finished', cases.length - lateness.length, published.no_enddate),
    ...Object.entries(published.by_department).map(([name, expected]) =>
      checkEqual(
        `file: late/finished, ${name}`,
        `${countBreached(departments.get(name) ?? [])}/${departments.get(name)?.length ?? 0}`,
        expected.join('/'),
      ),
    ),
    checkClose('file: cycle hours p50', hoursAt(0.5), published.cycle_hours.p50),
    checkClose('file: cycle hours p90', hoursAt(0.9), published.cycle_hours.p90),
    checkClose('file: cycle hours p95', hoursAt(0.95), published.cycle_hours.p95),
    checkClose('file: cycle hours p99', hoursAt(0.99), published.cycle_hours.p99),
    checkClose('file: cycle hours max', nearestRank(hours, 1), published.cycle_hours.max),
  ];
}

function valuesOf(events: readonly ReceiptEvent[], metricType: string): number[] {
  return events.filter((event) => event.metricType === metricType).map(({ value }) => value);
}

function countBreached(events: readonly ReceiptEvent[]): number {
  return events.filter(({ value }) => value > 0).length;
}
