import { describe, expect, it } from 'vitest';
import type { Outcome } from './outcome.ts';
import { runScenario } from './scenario.ts';
import { renderResults } from './table.ts';

const resultOf = (run: () => Promise<Outcome>) =>
  runScenario({ name: 'kill', fault: 'kill -9', rounds: 2, run }, { rounds: 2, report: () => undefined });
const clean = { acknowledged: 1_000, lost: 0, duplicated: 0, differing: 0 };

describe('a scenario', () => {
  it('passes when nothing was lost, duplicated or differs, and shows its other figures', async () => {
    const result = await resultOf(async () => ({ figures: { ...clean, backMs: 12 }, violations: [] }));
    expect(result.isPassed).toBe(true);
    expect(renderResults([result])).toMatch(/kill -9 +2 +1,000 +0 +0 +0 +0 +backMs 12 +yes/);
  });

  it.each(['lost', 'duplicated', 'differing'])('fails when something is %s', async (what) => {
    const result = await resultOf(async () => ({ figures: { ...clean, [what]: 1 }, violations: [] }));
    expect(result.isPassed).toBe(false);
    expect(renderResults([result])).toMatch(/NO$/);
  });

  it('fails on a violation, which is shown', async () => {
    const result = await resultOf(async () => ({ figures: clean, violations: ['it stood still'] }));
    expect(result.isPassed).toBe(false);
    expect(renderResults([result])).toContain('kill: it stood still');
  });

  it('fails when it cannot be judged, with the reason', async () => {
    const result = await resultOf(() => Promise.reject(new Error('nothing came back')));
    expect(result.isPassed).toBe(false);
    expect(renderResults([result])).toContain('kill: nothing came back');
  });
});
