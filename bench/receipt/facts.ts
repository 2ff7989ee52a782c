import { quantileSorted } from 'simple-statistics';
import { sortAscending } from '../support/quantiles.ts';
import type { Case } from './event-log.ts';

const hourMs = 3_600_000;

/** What the four measurements of a case are; hours except `Milestone`, which counts. */
export interface ReceiptEvent {
  metricType: 'Milestone' | 'CycleTime' | 'ActiveTime' | 'Lateness';
  value: number;
  /** Milliseconds since the epoch. */
  at: number;
  correlationId: string;
  dimensions: Record<string, string>;
}

export interface Summary {
  count: number;
  avg: number;
  min: number;
  max: number;
  p50: number;
  p95: number;
  slaTotal: number;
  slaMet: number;
}

export type Interval = 'hour' | 'day' | 'week' | 'month';
export type Targets = Readonly<Record<string, number>>;

/**
 * The events of the cases. `Milestone`: one an activity. `CycleTime`: hours from first to last activity of a finished case (one that
 * has an end date), at its end; start to end is not used, because a few real cases end before they start. `Lateness`: hours a finished
 * case ended after its own deadline, 0 when in time: with a target of 0 the API's SLA compliance is the true per-case outcome.
 * `ActiveTime`: as CycleTime for every case, finished or not, at its last activity: what the published `cycle_hours` describe.
 */
export function toEvents(cases: readonly Case[]): ReceiptEvent[] {
  return cases.flatMap((item) => [...milestonesOf(item), activeTimeOf(item), ...outcomeOf(item)]);
}

/** Exact figures of the values; an event counts for the SLA when its urgency has a target, and is met when value <= target. */
export function summarize(
  events: readonly Pick<ReceiptEvent, 'value' | 'dimensions'>[],
  targets: Targets = {},
): Summary {
  const values = sortAscending(events.map(({ value }) => value));
  const judged = events.flatMap(({ value, dimensions }) => {
    const target = targets[dimensions.urgency ?? ''];
    return target === undefined ? [] : [value <= target];
  });
  return {
    count: values.length,
    avg: values.reduce((sum, value) => sum + value, 0) / values.length,
    min: values[0] ?? Number.NaN,
    max: values.at(-1) ?? Number.NaN,
    p50: quantileSorted(values, 0.5),
    p95: quantileSorted(values, 0.95),
    slaTotal: judged.length,
    slaMet: judged.filter(Boolean).length,
  };
}

/** Groups events by a dimension; those without it are left out. */
export function groupByDimension(events: readonly ReceiptEvent[], name: string): Map<string, ReceiptEvent[]> {
  const withIt = events.filter(({ dimensions }) => dimensions[name] !== undefined);
  return Map.groupBy(withIt, ({ dimensions }) => dimensions[name] ?? '');
}

/** Groups events into UTC buckets named as the API names them: `YYYY-MM-DD` (week: its Monday), RFC 3339 for hours. */
export function groupByBucket(events: readonly ReceiptEvent[], interval: Interval): Map<string, ReceiptEvent[]> {
  return Map.groupBy(events, ({ at }) => bucketName(at, interval));
}

export function bucketName(at: number, interval: Interval): string {
  const date = new Date(at);
  date.setUTCMinutes(0, 0, 0);
  if (interval === 'hour') return date.toISOString().replace('.000Z', 'Z');
  date.setUTCHours(0);
  if (interval === 'week') date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
  if (interval === 'month') date.setUTCDate(1);
  return date.toISOString().slice(0, 10);
}

function milestonesOf(item: Case): ReceiptEvent[] {
  return item.activities.map(({ name, at, resource }) => ({
    metricType: 'Milestone',
    value: 1,
    at,
    correlationId: item.id,
    dimensions: { milestone: name, department: item.department, channel: item.channel, resource },
  }));
}

function activeTimeOf(item: Case): ReceiptEvent {
  return { ...measured(item, lastActivityAt(item)), metricType: 'ActiveTime', value: activeHours(item) };
}

function outcomeOf(item: Case): ReceiptEvent[] {
  if (item.endAt === undefined) return [];
  const base = measured(item, item.endAt);
  return [
    { ...base, metricType: 'CycleTime', value: activeHours(item) },
    { ...base, metricType: 'Lateness', value: Math.max(0, item.endAt - item.deadlineAt) / hourMs },
  ];
}

function activeHours(item: Case): number {
  return (lastActivityAt(item) - (item.activities[0]?.at ?? Number.NaN)) / hourMs;
}

function lastActivityAt(item: Case): number {
  return item.activities.at(-1)?.at ?? Number.NaN;
}

function measured(item: Case, at: number) {
  return { at, correlationId: item.id, dimensions: { urgency: item.department, channel: item.channel } };
}
