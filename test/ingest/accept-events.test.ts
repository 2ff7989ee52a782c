import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AcceptContext, acceptEvents, orgCodesOf, type SlaDefinition } from '../../ingest/accept-events.ts';
import { CARDINALITY_LIMITS, createCardinalityGuard } from '../../ingest/cardinality.ts';
import type { MetricDefinition } from '../../platform/tenancy/tenancy.ts';
import { EVENT_LIMITS } from '../../schemas/api/event-limits.ts';
import type { IncomingEvent } from '../../schemas/api/events.ts';
import { decodeEventBatch, encodeEventBatch } from '../../schemas/events/event-batch-codec.ts';
import { NOW } from '../support/ingest-app.ts';

const dayMs = 86_400_000;
const event: IncomingEvent = { orgCode: 'ACME', capabilityCode: 'P2P', metricType: 'CycleTime', value: 1 };
const cycleTime: MetricDefinition = {
  id: 'met_P2P_CycleTime',
  capability: 'P2P',
  metricType: 'CycleTime',
  displayName: '',
  unit: 'hours',
  slaDimension: 'urgency',
  slaTargets: { Urgent: 4, '7': 70, true: 1 },
};
const catalogWith = (...metrics: MetricDefinition[]) => ({
  capabilities: new Set(['P2P']),
  metrics: new Map(metrics.map((metric) => [metric.id, metric])),
});

function createContext(changes: Partial<AcceptContext> = {}): AcceptContext {
  return {
    tenant: { id: 'org_acme', dataRetentionDays: 30 },
    orgCodes: new Set(['ACME']),
    catalog: catalogWith(cycleTime),
    series: createCardinalityGuard<SlaDefinition>().table('org_acme'),
    receivedAt: NOW,
    ids: { at: (index) => `evt_${index}`, isDerived: false },
    ...changes,
  };
}

function accept(events: IncomingEvent[], context = createContext()) {
  const result = acceptEvents(events, context);
  if ('issues' in result) throw new Error(JSON.stringify(result.issues));
  return result.batch.events;
}

const issuesOf = (changes: object, context = createContext()) => {
  const result = acceptEvents([{ ...event, ...changes }], context);
  return 'issues' in result ? result.issues.map(({ field }) => field) : [];
};

describe('the SLA target', () => {
  const targetOf = (dimensions: Record<string, string | number | boolean>, context = createContext()) =>
    accept([{ ...event, dimensions }], context)[0]?.slaTarget;

  test('is chosen by the value of the SLA dimension, also when that is no text', () => {
    expect(targetOf({ urgency: 'Urgent' })).toBe(4);
    expect(targetOf({ urgency: 7 })).toBe(70);
    expect(targetOf({ urgency: true })).toBe(1);
  });

  test('is null without a definition, a dimension or a target for its value', () => {
    expect(targetOf({ urgency: 'Standard' })).toBeNull();
    expect(targetOf({ region: 'Urgent' })).toBeNull();
    expect(targetOf({})).toBeNull();
    expect(targetOf({ urgency: 'Urgent' }, createContext({ catalog: catalogWith() }))).toBeNull();
  });

  test('is not found among what every object inherits', () => {
    const metric = { ...cycleTime, slaDimension: 'constructor' };
    expect(targetOf({}, createContext({ catalog: catalogWith(metric) }))).toBeNull();
    expect(targetOf({ urgency: 'toString' })).toBeNull();
  });

  test('follows a changed definition at once', () => {
    const context = createContext();
    expect(targetOf({ urgency: 'Urgent' }, context)).toBe(4);
    const changed = { ...cycleTime, slaTargets: { Urgent: 5 } };
    expect(targetOf({ urgency: 'Urgent' }, { ...context, catalog: catalogWith(changed) })).toBe(5);
  });
});

describe('the limits', () => {
  test('of time are ten minutes ahead and the retention behind, both included', () => {
    const at = (ms: number) => ({ timestamp: new Date(NOW + ms).toISOString() });
    expect(issuesOf(at(EVENT_LIMITS.futureMs))).toEqual([]);
    expect(issuesOf(at(EVENT_LIMITS.futureMs + 1))).toEqual(['timestamp']);
    expect(issuesOf(at(-30 * dayMs))).toEqual([]);
    expect(issuesOf(at(-30 * dayMs - 1))).toEqual(['timestamp']);
  });

  test('of a dimension name is 64 characters, none of them a control character', () => {
    const named = (name: string) => ({ dimensions: { [name]: 'v' } });
    expect(issuesOf(named('n'.repeat(EVENT_LIMITS.dimensionNameLength)))).toEqual([]);
    expect(issuesOf(named('n'.repeat(EVENT_LIMITS.dimensionNameLength + 1)))).toHaveLength(1);
    expect(issuesOf(named('a\nb'))).toHaveLength(1);
    expect(issuesOf({ dimensions: JSON.parse('{"__proto__": "v"}') })).toHaveLength(1);
  });

  test('of values in a dimension marks the dimension as unrolled from then on', () => {
    const context = createContext();
    const count = CARDINALITY_LIMITS.valuesPerDimension;
    const many = Array.from({ length: count + 2 }, (_, index) => ({
      ...event,
      dimensions: { case: `c${index % (count + 1)}`, region: 'North' },
    }));
    const unrolled = accept(many, context).map((accepted) => accepted.unrolled);
    expect(unrolled.slice(0, count).every((names) => names.length === 0)).toBe(true);
    expect(unrolled.slice(count)).toEqual([['case'], ['case']]);
    expect(accept([event], context)[0]?.unrolled).toEqual([]);
  });
});

describe('any JSON at all', () => {
  const field = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom('ACME', 'P2P', 'CycleTime', '2026-03-18T10:30:00Z', 'evt_1', 1, -1),
  );
  const anything = fc.record(
    {
      orgCode: field,
      capabilityCode: field,
      capability: field,
      metricType: field,
      value: field,
      timestamp: field,
      correlationId: field,
      id: field,
      dimensions: fc.oneof(field, fc.dictionary(fc.string(), field)),
    },
    { requiredKeys: [] },
  );

  test.each([
    { id: { toString: {} } },
    { dimensions: { urgency: { toString: {} } } },
    { dimensions: { urgency: ['Urgent'] } },
  ])('is not asked for a text of its own: %j', (changes) => {
    expect(() => issuesOf(changes)).not.toThrow();
  });

  test('is judged without a throw, whatever its shape', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(anything, fc.jsonValue()), { maxLength: 5 }), (events) => {
        orgCodesOf(events as IncomingEvent[]);
        acceptEvents(events as IncomingEvent[], createContext());
      }),
      { numRuns: 2_000 },
    );
  });

  test('that is accepted and of the right shape comes back from its bytes', () => {
    const good = fc.record(
      {
        value: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
        correlationId: fc.string({ unit: 'grapheme', maxLength: 50 }),
        dimensions: fc.dictionary(
          fc.string({ unit: 'grapheme', minLength: 1, maxLength: 10 }),
          fc.oneof(fc.string({ unit: 'grapheme' }), fc.boolean(), fc.integer()),
          { maxKeys: EVENT_LIMITS.dimensions, noNullPrototype: true },
        ),
      },
      { requiredKeys: ['value'] },
    );
    fc.assert(
      fc.property(fc.array(good, { minLength: 1, maxLength: 5 }), (changes) => {
        const result = acceptEvents(
          changes.map((change) => ({ ...event, ...change })),
          createContext(),
        );
        if ('batch' in result) expect(decodeEventBatch(encodeEventBatch(result.batch))).toEqual(result.batch);
      }),
    );
  });
});
