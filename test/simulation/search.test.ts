import { it, vi } from 'vitest';
import { simulate } from './simulate.ts';

vi.mock('node:timers/promises', async () => ({ setTimeout: (await import('./clock.ts')).sleepOnTimers }));
it('s', async () => {
  for (let seed = Number(process.env.FROM); seed < Number(process.env.TO); seed++)
    if (
      (
        await simulate(seed, {
          mutate: (sink) => ({ ...sink, reconcile: (r) => sink.reconcile(r, async () => undefined) }),
        })
      ).length > 0
    )
      console.log('FOUND', seed);
}, 400000);
