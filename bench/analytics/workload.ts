import type { EventBatch } from '../../schemas/events/event-batch.ts';
import { createRandom } from '../support/random.ts';

const minuteMs = 60_000;
const startAt = Date.UTC(2026, 2, 19);
const eventsPerBatch = 500;

export const SERIES_PER_TENANT = 1_000;
export const TENANTS = 100;
export const DAY_MINUTES = 1_440;

export const tenantName = (number: number): string => `org_${String(number).padStart(3, '0')}`;

/** One minute of a workload as requests; values as of durations, three in four between half and twice the median. `points`: of each series. */
export function createMinute(
  tenant: string,
  { series, points }: { series: number; points: number },
  minute: number,
): EventBatch[] {
  const random = createRandom('analytics', minute);
  const at = startAt + minute * minuteMs;
  const events = Array.from({ length: series * points }, (_, index) => ({
    id: `evt_${minute}_${index}`,
    capability: `CAP${index % 10}`,
    metric: `Metric${index % series}`,
    at: at + Math.floor((index * minuteMs) / (series * points)),
    value: 10 * Math.exp(0.6 * random.normal()),
    slaTarget: 20,
    correlationId: '',
    dimensions: {},
    unrolled: [],
  }));
  const count = Math.ceil(events.length / eventsPerBatch);
  return Array.from({ length: count }, (_, index) => ({
    ...{ tenant, receivedAt: at + 2 * minuteMs, retentionDays: 90, clientIds: false },
    events: events.slice(index * eventsPerBatch, (index + 1) * eventsPerBatch),
  }));
}
