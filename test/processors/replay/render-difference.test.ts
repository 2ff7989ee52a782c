import { expect, it } from 'vitest';
import { compareOutcomes } from '../../../processors/replay/compare-outcomes.ts';
import { renderDifference } from '../../../processors/replay/render-difference.ts';

const tenant = 'org_acme';
const metric = (name: string, met: number) => ({
  ...{ tenant, capability: 'P2P', metric: name, events: 8 },
  ...{ met, compliance: met / 8 },
});
const alarm = (subject: string, count: number) => ({ tenant, subject, kind: 'breach', count });

it('a difference shows what changed, and counts the rest', () => {
  const difference = compareOutcomes(
    {
      metrics: [metric('Cost', 8), metric('CycleTime', 4)],
      slos: [alarm('a', 1), alarm('b', 2)],
      anomalies: [],
      cases: [],
    },
    {
      metrics: [metric('Cost', 8), metric('CycleTime', 7)],
      slos: [alarm('b', 2), alarm('c', 3)],
      anomalies: [],
      cases: [],
    },
  );
  expect(difference.slos).toEqual([
    { tenant, subject: 'a', kind: 'breach', before: 1, after: 0 },
    { tenant, subject: 'b', kind: 'breach', before: 2, after: 2 },
    { tenant, subject: 'c', kind: 'breach', before: 0, after: 3 },
  ]);
  expect(renderDifference(difference)).toEqual([
    'SLA compliance: 1 of 2 metrics differ',
    '  tenant    capability  metric     events  met     compliance',
    '  org_acme  P2P         CycleTime  8       4 -> 7  50.00 % -> 87.50 %',
    '',
    'alarms of SLOs: 3 -> 5',
    '  tenant    SLO  kind    count',
    '  org_acme  a    breach  1 -> 0',
    '  org_acme  c    breach  0 -> 3',
    '',
    'anomalies: 0 -> 0',
    '',
    'cases: 0 -> 0',
  ]);
});
