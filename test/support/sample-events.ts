import { acme, type TestEvent } from './query-stack.ts';

const TARGETS: Record<string, number> = { Expedited: 8, Urgent: 24, Standard: 72 };
const URGENCIES = ['Expedited', 'Urgent', 'Standard', undefined];

/** A repeatable stream of numbers from 0 to 1. */
export function createNoise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Repeatable events of met_P2P_CycleTime, spread over a range; every fourth has no urgency and so no target. */
export function sampleEvents(count: number, { from, to }: { from: number; to: number }): TestEvent[] {
  const noise = createNoise(count);
  return Array.from({ length: count }, () => {
    const urgency = URGENCIES[Math.floor(noise() * URGENCIES.length)];
    const region = noise() < 0.5 ? 'North' : 'South';
    return {
      tenant: acme,
      capability: 'P2P',
      metric: 'CycleTime',
      at: Math.floor(from + noise() * (to - from)),
      value: Math.exp(noise() * 5),
      dimensions: urgency === undefined ? { region } : { region, urgency },
      ...(urgency === undefined ? {} : { slaTarget: TARGETS[urgency] ?? 0 }),
    };
  });
}
