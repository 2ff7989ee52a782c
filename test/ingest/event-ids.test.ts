import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEventIdSource } from '../../ingest/event-ids.ts';
import { EVENT_LIMITS } from '../../schemas/api/event-limits.ts';

const all = (ids: { at(index: number): string }) =>
  Array.from({ length: EVENT_LIMITS.batchEvents }, (_, i) => ids.at(i));

describe('fresh ids', () => {
  const source = createEventIdSource();

  test('are all different, also for requests of the same millisecond', () => {
    const ids = Array.from({ length: 20 }, () => all(source.fresh(1773829800000))).flat();
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('never come again however many requests a process takes', () => {
    const first = Array.from({ length: 5_000 }, () => source.fresh(1773829800000).at(0));
    expect(new Set(first).size).toBe(first.length);
  });

  test('have one form', () => {
    for (const id of all(source.fresh(1773829800000))) expect(id).toMatch(/^evt_[0-9A-Za-z]{20}$/);
  });

  test('sort by time and by position', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 47 }), fc.integer({ min: 1, max: 1e9 }), (at, laterMs) => {
        const earlier = source.fresh(at);
        expect(earlier.at(0) < earlier.at(1) && earlier.at(61) < earlier.at(62)).toBe(true);
        expect(earlier.at(999) < source.fresh(at + laterMs).at(0)).toBe(true);
      }),
    );
  });

  test('are a function of time and chance', () => {
    const fixed = () => createEventIdSource((bytes) => bytes.fill(7));
    expect(all(fixed().fresh(1))).toEqual(all(fixed().fresh(1)));
  });
});

describe('derived ids', () => {
  const source = createEventIdSource();

  test('are the same for the same tenant and key, and others for others', () => {
    expect(all(source.derived('org_1', 'k'))).toEqual(all(createEventIdSource().derived('org_1', 'k')));
    const ids = [source.derived('org_1', 'k'), source.derived('org_2', 'k'), source.derived('org_1', 'l')].flatMap(all);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids[0]).toMatch(/^evt_[0-9A-Za-z]{20}$/);
  });

  test('are on the disks of others: they never change', () => {
    expect(source.derived('org_1', 'order-4711').at(7)).toBe('evt_961Z6ZuV1d7LS5hydF07');
  });
});
