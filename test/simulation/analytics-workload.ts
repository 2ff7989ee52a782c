import { encodeControlRecord } from '../../schemas/control/control-record-codec.ts';
import type { BusinessEvent } from '../../schemas/events/event-batch.ts';
import { encodeEventBatch } from '../../schemas/events/event-batch-codec.ts';
import { createBatch, createEvent, testAt } from '../support/event-batches.ts';
import { createTenantSettings } from './analytics-settings.ts';
import type { Random } from './random.ts';
import { tenantsOf } from './workload.ts';

const minute = 60_000;
const poisonShare = 0.03;
const tickShare = 0.15;
const settingsShare = 0.1;
const clientShare = 0.5;
const milestoneShare = 0.4;
const targetShare = 0.5;
/** How far an event lies behind the request that brings it: some are late, some too late. */
const delays = [0, 0, 1, 20_000, 5 * minute, 40 * minute, 70 * minute];

/** Of what is loaded today. */
const historyAge = 30 * 86_400_000;
/** Its clock is that of its events. */
const loadsHistory = (tenant: string): boolean => tenant.endsWith('b');

/** A record somewhat later than the one before: events, some of which repeat an id, a tick, or what a tenant has set. */
export function createStreamValue(random: Random, partition: number, number: number): Uint8Array {
  if (random.isHit(poisonShare)) return Buffer.from(`poison ${number}`);
  const now = testAt + number * random.pick([1, 1, 1, 4]) * minute;
  if (random.isHit(tickShare)) return encodeControlRecord({ at: now + 5_000, tenant: '', settings: null });
  const tenant = random.pick(tenantsOf(partition));
  if (random.isHit(settingsShare)) {
    const settings = createTenantSettings(random, { revision: number, now });
    return encodeControlRecord({ at: now, tenant, settings });
  }
  const clientIds = random.isHit(clientShare);
  const events = Array.from({ length: random.between(1, 5) }, (_, index) =>
    createAnyEvent(random, {
      id: clientIds ? `client-${random.between(0, 40)}` : `server-${partition}-${number}-${index}`,
      at: now - random.pick(delays),
    }),
  );
  const receivedAt = loadsHistory(tenant) ? now + historyAge : now;
  return encodeEventBatch(createBatch([], { tenant, clientIds, receivedAt, events }));
}

function createAnyEvent(random: Random, { id, at }: { id: string; at: number }): BusinessEvent {
  const urgency = random.pick(['high', 'low']);
  if (random.isHit(milestoneShare)) {
    const milestone = random.pick(['Opened', 'Checked', 'Checked', 'Closed']);
    const dimensions = { milestone, urgency };
    return createEvent(id, {
      metric: 'Milestone',
      at,
      value: 1,
      correlationId: `case-${random.between(0, 9)}`,
      dimensions,
    });
  }
  return createEvent(id, {
    metric: random.pick(['CycleTime', 'Cost', 'Wait']),
    at,
    value: random.between(-9, 90),
    slaTarget: random.isHit(targetShare) ? random.pick([20, 60]) : null,
    dimensions: random.isHit(0.5) ? { urgency } : {},
  });
}
