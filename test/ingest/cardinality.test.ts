import { describe, expect, test } from 'vitest';
import { CARDINALITY_LIMITS, createCardinalityGuard } from '../../ingest/cardinality.ts';

const names = (count: number) => Array.from({ length: count }, (_, index) => `v${index}`);

describe('the cardinality guard', () => {
  test('keeps 1,000 values of a dimension apart and then none', () => {
    const table = createCardinalityGuard().table('t');
    const series = table.series('P2P', 'CycleTime');
    const values = names(CARDINALITY_LIMITS.valuesPerDimension);
    expect(values.every((value) => table.mayRoll(series, 'case', value))).toBe(true);
    expect(table.mayRoll(series, 'case', 'v0')).toBe(true);
    expect(table.mayRoll(series, 'case', 'one more')).toBe(false);
    expect(table.mayRoll(series, 'case', 'v0')).toBe(false);
    expect(table.mayRoll(series, 'urgency', 'v0')).toBe(true);
  });

  test('keeps fewer apart for a tenant whose plan says so, and never more', () => {
    const guard = createCardinalityGuard({ ...CARDINALITY_LIMITS, valuesPerDimension: 3 });
    const kept = (tenant: string, ofPlan: number | null) => {
      const table = guard.table(tenant, ofPlan);
      const series = table.series('P2P', 'CycleTime');
      return names(5).filter((value) => table.mayRoll(series, 'case', value)).length;
    };
    expect([kept('free', 2), kept('pro', 9), kept('none', null)]).toEqual([2, 3, 3]);
  });

  test('begins an epoch when it would answer differently from before, for this tenant alone', () => {
    const guard = createCardinalityGuard({ ...CARDINALITY_LIMITS, valuesPerDimension: 1 });
    const roll = (tenant: string, value: string) => {
      const table = guard.table(tenant);
      table.mayRoll(table.series('P2P', 'CycleTime'), 'case', value);
      return table.epoch;
    };
    const other = roll('other', 'v0');
    const first = roll('t', 'v0');
    expect(roll('t', 'v0')).toBe(first);
    const second = roll('t', 'v1');
    expect(second).not.toBe(first);
    expect(roll('t', 'v2')).toBe(second);
    expect(roll('other', 'v0')).toBe(other);
  });

  test('begins an epoch with other limits, and when it has forgotten', () => {
    const guard = createCardinalityGuard({ ...CARDINALITY_LIMITS, rememberedBytes: 2_000 });
    const first = guard.table('t', 5).epoch;
    expect(guard.table('t', 5).epoch).toBe(first);
    expect(guard.table('t', 4).epoch).not.toBe(first);
    const last = guard.table('t', 5).epoch;
    for (let metric = 0; metric < 50; metric++) guard.table('u').series('P2P', `metric ${metric}`);
    expect(guard.table('t', 5).epoch).not.toBe(last);
  });

  test('counts each series and each tenant by itself', () => {
    const guard = createCardinalityGuard({ ...CARDINALITY_LIMITS, valuesPerDimension: 1 });
    for (const [tenant, capability, metric] of [
      ['t', 'P2P', 'CycleTime'],
      ['t', 'P2P', 'Volume'],
      ['t', 'PA', 'CycleTime'],
      ['u', 'P2P', 'CycleTime'],
    ] as const) {
      const table = guard.table(tenant);
      expect(table.mayRoll(table.series(capability, metric), 'd', `${tenant}${metric}`)).toBe(true);
    }
  });

  test('remembers from request to request', () => {
    const guard = createCardinalityGuard({ ...CARDINALITY_LIMITS, valuesPerDimension: 1 });
    const mayRoll = (value: string) => {
      const table = guard.table('t');
      return table.mayRoll(table.series('P2P', 'CycleTime'), 'd', value);
    };
    expect([mayRoll('a'), mayRoll('a'), mayRoll('b'), mayRoll('a')]).toEqual([true, true, false, false]);
  });

  test('rolls up at most 100 dimensions of a series', () => {
    const table = createCardinalityGuard().table('t');
    const series = table.series('P2P', 'CycleTime');
    const rolled = names(CARDINALITY_LIMITS.dimensionsPerSeries + 1).filter((name) => table.mayRoll(series, name, 'v'));
    expect(rolled).toHaveLength(CARDINALITY_LIMITS.dimensionsPerSeries);
  });

  test('forgets the series that were not used for long, and keeps the others', () => {
    const guard = createCardinalityGuard({ ...CARDINALITY_LIMITS, valuesPerDimension: 1, rememberedBytes: 20_000 });
    const mayRoll = (metric: string, value: string) => {
      const table = guard.table('t');
      return table.mayRoll(table.series('P2P', metric), 'd', value);
    };
    mayRoll('used', 'a');
    mayRoll('unused', 'a');
    for (const metric of names(200)) {
      mayRoll(metric, 'a');
      expect(mayRoll('used', 'b')).toBe(false);
    }
    expect(mayRoll('unused', 'b')).toBe(true);
  });
});
