import type { BusinessEvent, EventBatch } from '../../schemas/events/event-batch.ts';

/** 2026-03-19T12:00:00Z */
export const testAt = Date.UTC(2026, 2, 19, 12, 0, 0);

/** An event with a name: what is not given is ordinary. */
export function createEvent(id: string, event: Partial<BusinessEvent> = {}): BusinessEvent {
  return {
    id,
    capability: 'P2P',
    metric: 'CycleTime',
    at: testAt,
    value: 1,
    slaTarget: null,
    correlationId: '',
    dimensions: {},
    unrolled: [],
    ...event,
  };
}

/** A batch of ordinary events with these ids. */
export function createBatch(ids: readonly string[], batch: Partial<EventBatch> = {}): EventBatch {
  return {
    tenant: 'org_acme',
    receivedAt: testAt,
    retentionDays: 36_500,
    clientIds: false,
    events: ids.map((id) => createEvent(id)),
    ...batch,
  };
}

/** A batch like those of a real workload: 10 series, 60 combinations of dimensions, a target for every second event. */
export function createLoadBatch(number: number, options: { count: number; tenant: string; at: number }): EventBatch {
  const events = Array.from({ length: options.count }, (_, index) => {
    const n = number * options.count + index;
    return createEvent(`evt_${n.toString(16).padStart(32, '0')}`, {
      capability: `CAP${n % 5}`,
      metric: n % 2 === 0 ? 'CycleTime' : 'Milestone',
      at: options.at + (n % 1000) * 7,
      value: ((n * 7919) % 100_000) / 1000,
      slaTarget: n % 2 === 0 ? 50 : null,
      correlationId: n % 3 === 0 ? `case-${n}` : '',
      dimensions: { channel: `channel-${n % 3}`, region: `region-${n % 5}`, urgency: `urgency-${n % 4}` },
      unrolled: n % 10 === 0 ? ['region'] : [],
    });
  });
  return createBatch([], { tenant: options.tenant, receivedAt: options.at, events });
}
