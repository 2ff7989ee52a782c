import { describe, expect, it } from 'vitest';
import type { Lease } from '../../../platform/limits/budget.ts';
import { createLeaseQueue, MAX_LEASES_AT_ONCE } from '../../../platform/limits/lease-queue.ts';

const lease = (bucket: string, count = 1): Lease => ({ bucket, windowStartMs: 0, windowMs: 60_000, count });

describe('the queue of leases', () => {
  it('sends one statement at a time, and with the next what came meanwhile, up to a limit', async () => {
    const sizes: number[] = [];
    let sending = 0;
    const takeLease = createLeaseQueue({
      async take(leases) {
        expect(++sending).toBe(1);
        sizes.push(leases.length);
        await new Promise(setImmediate);
        sending--;
        return leases.map(({ count }) => count);
      },
    });
    await Promise.all(Array.from({ length: MAX_LEASES_AT_ONCE + 2 }, (_, index) => takeLease(lease(`key ${index}`))));
    expect(sizes).toEqual([1, MAX_LEASES_AT_ONCE, 1]);
  });

  it('never asks for one bucket twice in a statement', async () => {
    const sent: string[][] = [];
    const takeLease = createLeaseQueue({
      async take(leases) {
        sent.push(leases.map(({ bucket }) => bucket));
        return leases.map(({ count }) => count);
      },
    });
    const counts = await Promise.all([
      takeLease(lease('a', 1)),
      takeLease(lease('a', 2)),
      takeLease(lease('b', 3)),
      takeLease(lease('a', 4)),
    ]);
    expect(counts).toEqual([1, 2, 3, 4]);
    expect(sent).toEqual([['a'], ['a', 'b'], ['a']]);
  });

  it('tells everybody whose statement failed, and goes on', async () => {
    let isAway = true;
    const takeLease = createLeaseQueue({
      take: async (leases) => {
        if (isAway) throw new Error('away');
        return leases.map(({ count }) => count);
      },
    });
    const answers = await Promise.allSettled([takeLease(lease('a')), takeLease(lease('b'))]);
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    isAway = false;
    expect(await takeLease(lease('a', 7))).toBe(7);
  });
});
