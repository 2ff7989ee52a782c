import { describe, expect, it } from 'vitest';
import { overrideBatch, overrideControl } from '../../../processors/replay/overrides.ts';
import { createTenantSettings } from '../../simulation/analytics-settings.ts';
import { createRandom } from '../../simulation/random.ts';
import { createBatch, createEvent, testAt } from '../../support/event-batches.ts';

const dimensionOf = (_tenant: string, _capability: string, metric: string) =>
  metric === 'Cost' ? 'region' : 'urgency';
const batch = createBatch([], {
  events: [
    createEvent('a', { slaTarget: 5, dimensions: { urgency: 'high', region: 'low' } }),
    createEvent('b', { slaTarget: 5, dimensions: { urgency: 'low' } }),
    createEvent('c', { slaTarget: 5, metric: 'Cost', dimensions: { urgency: 'high', region: 'low' } }),
    createEvent('d', { slaTarget: null, dimensions: { urgency: 'high' } }),
  ],
});
const targets = (overrides: Parameters<typeof overrideBatch>[1]) =>
  overrideBatch(batch, overrides, dimensionOf).events.map(({ slaTarget }) => slaTarget);

describe('overrides', () => {
  it('give every event with a target another one', () => {
    expect(targets({ slaTarget: 9, slaTargets: new Map() })).toEqual([9, 9, 9, null]);
  });

  it('give those with a value of the SLA dimension of their metric another one, before all others', () => {
    expect(targets({ slaTargets: new Map([['high', 1]]) })).toEqual([1, 5, 5, null]);
    expect(targets({ slaTarget: 9, slaTargets: new Map([['low', 2]]) })).toEqual([9, 2, 2, null]);
  });

  it('leave what is not asked for, and the log, as they are', () => {
    expect(overrideBatch(batch, { slaTargets: new Map() }, dimensionOf)).toBe(batch);
    expect(batch.events[0]?.slaTarget).toBe(5);
  });

  it('change the objectives of SLOs and the targets of flows, and nothing else of what is set', () => {
    const settings = createTenantSettings(createRandom(3), { revision: 1, now: testAt });
    const record = { at: testAt, tenant: 'org_acme', settings };
    const changed = overrideControl(record, { slaTargets: new Map(), sloObjective: 0.42, caseTargetMs: 7 });
    expect(changed).toEqual({
      ...record,
      settings: {
        ...settings,
        slos: settings.slos.map((slo) => ({ ...slo, objective: 0.42 })),
        flows: settings.flows.map((flow) => ({ ...flow, targetMs: 7 })),
      },
    });
    const tick = { at: testAt, tenant: '', settings: null };
    expect(overrideControl(tick, { slaTargets: new Map(), sloObjective: 0.42 })).toBe(tick);
  });
});
