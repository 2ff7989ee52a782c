import { describe, expect, it } from 'vitest';
import {
  addPoison as addPoisonOf,
  MAX_POISON,
  MAX_POISON_IN_A_ROW,
  POISON_WINDOW,
  PoisonFloodError,
} from '../../processors/poison-limits.ts';

const addPoison = (recent: readonly number[], poison: readonly number[], last: number) =>
  addPoisonOf(recent, { name: 'events/2', poison, last });
const every = (step: number, count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => from + index * step);

describe('addPoison', () => {
  it('remembers the poison of the window and forgets older', () => {
    expect(addPoison([], [], 5)).toEqual([]);
    const recent = addPoison([], [3, 9], 10);
    expect(recent).toEqual([3, 9]);
    expect(addPoison(recent, [POISON_WINDOW + 3], POISON_WINDOW + 5)).toEqual([9, POISON_WINDOW + 3]);
    expect(addPoison(recent, [], POISON_WINDOW + 9)).toEqual([]);
  });

  it('bears one percent for ever', () => {
    let recent: number[] = [];
    for (let range = 0; range < 50; range++) {
      const offsets = every(POISON_WINDOW / MAX_POISON, 20, range * 2_000);
      recent = addPoison(recent, offsets, range * 2_000 + 1_999);
    }
    expect(recent).toHaveLength(MAX_POISON);
  });

  it('does not bear more than one percent, in one range or across ranges', () => {
    const offsets = every(99, MAX_POISON + 1);
    expect(() => addPoison([], offsets, POISON_WINDOW)).toThrow(PoisonFloodError);
    const recent = addPoison([], offsets.slice(0, 60), 60 * 99);
    expect(() => addPoison(recent, offsets.slice(60), POISON_WINDOW)).toThrow(
      /101 of 10000 records of events.2 before offset 9901/,
    );
    expect(addPoison(recent, offsets.slice(60, -1), POISON_WINDOW - 1)).toHaveLength(MAX_POISON);
  });

  it('does not bear a hundred in a row, in one range or across ranges', () => {
    const row = every(1, MAX_POISON_IN_A_ROW, 500);
    expect(() => addPoison([], row, 700)).toThrow(/100 records in a row of events.2 before offset 600/);
    const recent = addPoison([], row.slice(0, 40), 539);
    expect(() => addPoison(recent, row.slice(40), 700)).toThrow(PoisonFloodError);
    expect(addPoison(recent, row.slice(40, -1), 598)).toHaveLength(MAX_POISON_IN_A_ROW - 1);
    expect(addPoison(recent, [...row.slice(41), 600], 700)).toHaveLength(MAX_POISON_IN_A_ROW);
  });
});
