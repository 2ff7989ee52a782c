import { expect, it } from 'vitest';
import { type AlertPolicy, createAlertState, raisesAlert } from '../../../platform/detection/alert-policy.ts';

const policy: AlertPolicy = { threshold: 3, persistencePoints: 2, cooldownMs: 100, escalation: 5 };

/** Times of the alerts on scores that come ten ms apart. */
function alertTimes(scores: readonly number[], by: AlertPolicy): number[] {
  const state = createAlertState();
  return scores
    .map((score, index) => ({ at: index * 10, score }))
    .filter((point) => raisesAlert(state, by, point))
    .map(({ at }) => at);
}

it('an alert takes as many anomalous points in a row as the policy says', () => {
  expect(alertTimes([3, 0, 3, 2.9, 4, 3], policy)).toEqual([50]);
});

it('an incident that goes on is told again after the cooldown', () => {
  expect(alertTimes(new Array(25).fill(9), policy)).toEqual([10, 110, 210]);
});

it('a policy without cooldown or persistence tells every anomalous point', () => {
  expect(alertTimes([3, 1, 4], { ...policy, persistencePoints: 1, cooldownMs: 0 })).toEqual([0, 20]);
});

it('a score far above that of the last alert is told within the cooldown, and holds the next one back', () => {
  expect(alertTimes([3, 3, 7.9, 8, 9, 12.9, 13], { ...policy, persistencePoints: 1 })).toEqual([0, 30, 60]);
});
