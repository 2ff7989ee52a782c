import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Catalog, metricId } from '../../../platform/tenancy/tenancy.ts';
import { defaultDefinition } from '../../../query-api/control/default-definition.ts';
import { splitMetricId } from '../../../query-api/control/put-metric.ts';
import { storageMb } from '../../../query-api/control/tenant-usage.ts';

const catalogOf = (...codes: string[]): Catalog => ({
  capabilities: new Map(codes.map((code) => [code, { code, name: code }])),
  metrics: new Map(),
});

describe('splitMetricId', () => {
  it('finds capability and metric type of every id made from them', () => {
    const name = fc.stringMatching(/^[A-Za-z0-9-]{1,12}$/);
    fc.assert(
      fc.property(name, name, (capability, metricType) => {
        const catalog = catalogOf(capability, 'OTHER_ONE');
        expect(splitMetricId(metricId(capability, metricType), catalog)).toEqual({ capability, metricType });
      }),
    );
  });

  it('prefers an existing definition to the longest capability', () => {
    const catalog = catalogOf('A', 'A_B');
    expect(splitMetricId('met_A_B_C', catalog)).toEqual({ capability: 'A_B', metricType: 'C' });
    const id = 'met_A_B_C';
    const defined = {
      id,
      capability: 'A',
      metricType: 'B_C',
      displayName: '',
      unit: '',
      slaDimension: '',
      slaTargets: {},
    };
    expect(splitMetricId(id, { ...catalog, metrics: new Map([[id, defined]]) })).toBe(defined);
  });

  it.each(['', 'met_', 'met_A', 'met_A_', 'met_B_C', 'met_A_b c', `met_A_${'x'.repeat(65)}`])(
    'finds nothing in %j',
    (id) => {
      expect(splitMetricId(id, catalogOf('A'))).toBeUndefined();
    },
  );
});

describe('defaultDefinition', () => {
  it.each([
    ['CycleTime', 'P2P Cycle Time'],
    ['error_rate.total', 'P2P error rate total'],
    ['Volume', 'P2P Volume'],
    ['---', 'P2P ---'],
  ])('names %s %s', (metricType, displayName) => {
    expect(defaultDefinition('P2P', metricType)).toEqual({ displayName, unit: '', slaDimension: 'urgency' });
  });
});

describe('storageMb', () => {
  const row = { eventsThisMonth: 0, events: 25, storedRows: 100, storedBytes: 8_123_456 };

  it('is the share of the bytes that the events are of all', () => {
    expect(storageMb(row)).toBe(2.03);
  });

  it('is never more than everything, and nothing of nothing', () => {
    expect(storageMb({ ...row, events: 1_000 })).toBe(8.12);
    expect(storageMb({ ...row, events: 0, storedRows: 0 })).toBe(0);
  });
});
