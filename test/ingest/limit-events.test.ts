import { expect, it } from 'vitest';
import type { Destination, Ingestor, IngestRequest } from '../../ingest/ingestor.ts';
import { limitEvents } from '../../ingest/limit-events.ts';
import type { EventUsage } from '../../platform/limits/event-usage.ts';
import { overQuota } from '../../platform/limits/plans.ts';
import { createTenant } from '../support/in-memory-directory.ts';

const tenant = createTenant({ code: 'ACME', plan: 'free' });
const destination: Destination = { tenant, orgCodes: new Set() };

/** Counts in memory, from `used` on. */
function createUsage(used: number): EventUsage & { used: number } {
  const usage = {
    used,
    load: async () => {},
    take(_: typeof tenant, events: number) {
      const refusal = overQuota('eventsAMonth', tenant, usage.used + events);
      if (refusal !== undefined) throw refusal;
      usage.used += events;
    },
    giveBack(_: typeof tenant, events: number) {
      usage.used -= events;
    },
    flush: async () => {},
    close: async () => {},
  };
  return usage;
}

/** Appends three events, or fails to. */
function createIngestor(append: () => Promise<void>): Ingestor {
  return {
    resolve: async () => destination,
    async store(_request, { tenant: owner }, render) {
      const body = render({ events: [{}, {}, {}] } as never, owner);
      await append();
      return { body, partition: 0, offset: 0 };
    },
  };
}

it('counts a batch before it is appended, and refuses one beyond the plan without appending it', async () => {
  let appended = 0;
  const usage = createUsage(1_000_000 - 5);
  const ingestor = limitEvents(
    createIngestor(async () => void appended++),
    usage,
  );
  const store = () => ingestor.store({} as IngestRequest, destination, () => 'stored');
  expect(await store()).toMatchObject({ body: 'stored' });
  await expect(store()).rejects.toMatchObject({
    statusCode: 403,
    code: 'event_limit_exceeded',
    message: "The plan 'free' of the organization is limited to 1,000,000 events a month.",
  });
  expect([appended, usage.used]).toEqual([1, 1_000_000 - 2]);
});

it('does not count a batch that could not be appended', async () => {
  const usage = createUsage(0);
  const ingestor = limitEvents(
    createIngestor(() => Promise.reject(new Error('away'))),
    usage,
  );
  await expect(ingestor.store({} as IngestRequest, destination, () => '')).rejects.toThrow('away');
  expect(usage.used).toBe(0);
});
