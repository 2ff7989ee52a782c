import { describe, expect, it } from 'vitest';
import { decodePlan, encodePlan, PlanMismatchError, rangeToken } from '../../processors/progress.ts';

describe('plans', () => {
  it('come back from a commit as they were', () => {
    const plan = { end: 2 ** 40, rows: 100_000, crc: 2 ** 32 - 1 };
    expect(decodePlan(encodePlan(plan))).toEqual(plan);
  });

  it('are absent from a commit without metadata', () => {
    expect(decodePlan('')).toBeUndefined();
  });

  it.each(['{', '[]', 'null', '{"end":1}', '{"end":-1,"rows":1,"crc":1}', '{"end":"1","rows":1,"crc":1}'])(
    'are not guessed from %s',
    (metadata) => {
      expect(() => decodePlan(metadata)).toThrow(PlanMismatchError);
    },
  );
});

it('gives the same range the same token', () => {
  expect(rangeToken({ topic: 't', partition: 2, first: 10, last: 19 })).toBe('t:2:10-19');
});
