import { expect, it } from 'vitest';
import { runDisorder } from '../chaos/disorder/disorder.ts';
import { runPoison } from '../chaos/disorder/poison.ts';

it('sums are exact, percentiles within 1 % and late events counted exactly when events come twice and out of order', async () => {
  const outcome = await runDisorder({ seed: 7, events: 20_000 });
  expect(outcome).toMatchObject({ violations: [] });
  expect(outcome.figures.late).toBeGreaterThan(100);
});

it('poison of 8 kinds becomes dead letters, one each, and holds nothing up', async () => {
  const outcome = await runPoison({ seed: 7, records: 20_000, poison: 24 });
  expect(outcome).toMatchObject({ figures: { deadLetters: 24, acknowledged: 19_976 }, violations: [] });
});
