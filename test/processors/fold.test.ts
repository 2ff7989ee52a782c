import { describe, expect, it } from 'vitest';
import { createFold } from '../../processors/fold.ts';
import { UInt64Column } from '../../processors/native/columns.ts';
import type { Measurement, Processor } from '../../processors/processor.ts';
import { processors } from '../../processors/registry.ts';
import { createBatch, createEvent } from '../support/event-batches.ts';

const batches = [
  { offset: 4, batch: createBatch(['a', 'b']) },
  { offset: 5, batch: createBatch(['c'], { tenant: 'org_globex' }) },
];

/** Emits a running count of the measurements of its key. */
function createCounting(key: (measurement: Measurement) => string, seen: string[]): Processor<{ n: number }, number> {
  return {
    name: 'counting',
    table: 'counts',
    key,
    init: () => ({ n: 0 }),
    onMeasurement(state, { tenant, subject }) {
      state.n += 1;
      seen.push(`${tenant} ${subject} ${state.n}`);
      return [state.n];
    },
    createColumns() {
      const columns = { n: new UInt64Column() };
      return { columns, push: (n) => columns.n.push(n) };
    },
  };
}

describe('fold', () => {
  it('makes a row of the raw table of every event', () => {
    const [block] = createFold(processors)({ partition: 1, batches });
    expect(block).toMatchObject({ table: 'events', rows: 3 });
    expect(block?.columns).toContain('log_offset');
  });

  it('makes the same bytes of the same range, whatever it folded before', () => {
    const used = createFold(processors);
    used({ partition: 1, batches: [{ offset: 0, batch: createBatch(['other'], { tenant: 'org_other' }) }] });
    expect(used({ partition: 1, batches })).toEqual(createFold(processors)({ partition: 1, batches }));
  });

  it('leaves events out by position', () => {
    const [block] = createFold(processors)({
      partition: 1,
      batches,
      isKept: ({ offset, index }) => offset === 4 && index === 1,
    });
    expect(block?.rows).toBe(1);
  });

  it('makes no block without rows', () => {
    expect(createFold(processors)({ partition: 1, batches, isKept: () => false })).toEqual([]);
  });

  it('keeps one state per tenant and key, from the start of each range', () => {
    const seen: string[] = [];
    const fold = createFold([createCounting(({ subject }) => subject, seen)]);
    const mixed = createBatch([], {
      events: [createEvent('1'), createEvent('2', { capability: 'O2C' }), createEvent('3')],
    });
    fold({ partition: 0, batches: [{ offset: 0, batch: mixed }, ...batches] });
    expect(seen).toEqual([
      'org_acme P2P 1',
      'org_acme O2C 1',
      'org_acme P2P 2',
      'org_acme P2P 3',
      'org_acme P2P 4',
      'org_globex P2P 1',
    ]);
    fold({ partition: 0, batches });
    expect(seen[6]).toBe('org_acme P2P 1');
  });
});
