import { expect, it } from 'vitest';
import { createLazyLog } from '../../../platform/log-store/lazy-log.ts';
import { LogUnavailableError } from '../../../platform/log-store/log-store.ts';
import { createMemoryBroker } from '../../../platform/log-store/memory.ts';

it('opens the log once, for the first who needs it', async () => {
  let opened = 0;
  const broker = createMemoryBroker();
  const lazy = createLazyLog(async () => {
    opened += 1;
    return broker.open();
  });
  expect(opened).toBe(0);
  const [first, second] = await Promise.all([lazy.get(), lazy.get()]);
  expect(first).toBe(second);
  expect(opened).toBe(1);
  await lazy.close();
});

it('says that the log is away, and tries again for the next', async () => {
  let isAway = true;
  const broker = createMemoryBroker();
  const lazy = createLazyLog(async () => {
    if (isAway) throw new Error('refused');
    return broker.open();
  });
  await expect(lazy.get()).rejects.toThrow(LogUnavailableError);
  isAway = false;
  await expect(lazy.get()).resolves.toBeDefined();
  await lazy.close();
});

it('closes what was never opened', async () => {
  const lazy = createLazyLog(() => Promise.reject(new Error('never asked')));
  await expect(lazy.close()).resolves.toBeUndefined();
});
