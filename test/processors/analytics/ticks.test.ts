import { expect, it } from 'vitest';
import { LogUnavailableError } from '../../../platform/log-store/log-store.ts';
import { createMemoryBroker } from '../../../platform/log-store/memory.ts';
import { tick } from '../../../processors/analytics/ticks.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import { silentLog } from '../../support/control-plane.ts';
import { testAt } from '../../support/event-batches.ts';

const workerOn = (topic: string, partition: number, hasTenants: boolean) =>
  [`${topic}/${partition}`, { hasTenants, where: { topic, partition } }] as const;

it('tells the time on the partitions of this process that have tenants, and on no other', async () => {
  const logStore = createMemoryBroker().open();
  const workers = new Map([workerOn(TOPICS.events, 0, true), workerOn(TOPICS.events, 1, false)]);
  await tick({ workers, logStore, log: silentLog, now: () => testAt });
  expect((await logStore.bounds(TOPICS.events, 0)).next).toBe(1);
  expect((await logStore.bounds(TOPICS.events, 1)).next).toBe(0);
});

it('a log that cannot be written to keeps no other partition from its time', async () => {
  const appended: string[] = [];
  const logStore = {
    append(topic: string, partition: number) {
      if (partition === 0) return Promise.reject(new LogUnavailableError('away'));
      appended.push(`${topic}/${partition}`);
      return Promise.resolve([0]);
    },
  };
  const workers = new Map([workerOn(TOPICS.events, 0, true), workerOn(TOPICS.events, 2, true)]);
  await tick({ workers, logStore, log: silentLog, now: () => testAt });
  expect(appended).toEqual([`${TOPICS.events}/2`]);
});
