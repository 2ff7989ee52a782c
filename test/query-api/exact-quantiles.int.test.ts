import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXACT_QUANTILES_MAX_COUNT, EXACT_QUANTILES_MAX_READ_ROWS } from '../../query-api/exact-quantiles.ts';
import { readByDimension, readMeasured } from '../../query-api/measurements.ts';
import { MAX_READ_ROWS } from '../../query-api/read-settings.ts';
import { acme, type QueryStack, startQueryStack, testNow } from '../support/query-stack.ts';

let stack: QueryStack;
beforeAll(async () => {
  stack = await startQueryStack();
});
afterAll(() => stack.close());

/** Values 1000.5, 1001.5, … of one metric, a millisecond apart, inserted by the engine itself. */
const insertSequence = (metric: string, count: number) =>
  stack.writer.command(
    `INSERT INTO events (tenant, capability, metric, at, value, event_id, received_at, expires_at)
    SELECT '${acme.id}', 'P2P', {metric:String}, fromUnixTimestamp64Milli(${testNow} + number, 'UTC'), 1000.5 + number, toString(number),
      fromUnixTimestamp64Milli(${testNow}, 'UTC'), toDateTime('2099-01-01 00:00:00', 'UTC')
    FROM numbers({count:UInt64})`,
    { metric, count },
  );

const median = async (metric: string) => {
  const range = { from: testNow, to: testNow + 3_600_000 };
  const signal = new AbortController().signal;
  const [row] = await readMeasured(stack.reader, { tenants: [acme.id], capability: 'P2P', metric, range, signal }, 1);
  return { count: row?.count, p50: row?.quantiles[0] };
};

describe('percentiles', () => {
  it(`are exact up to ${EXACT_QUANTILES_MAX_COUNT} measurements and within 1 % beyond`, async () => {
    await insertSequence('Few', EXACT_QUANTILES_MAX_COUNT);
    await insertSequence('Many', EXACT_QUANTILES_MAX_COUNT + 1);
    expect(await median('Few')).toEqual({ count: EXACT_QUANTILES_MAX_COUNT, p50: 6_000 });
    const many = await median('Many');
    expect(many.count).toBe(EXACT_QUANTILES_MAX_COUNT + 1);
    expect(many.p50).not.toBe(6_000.5);
    expect(Math.abs((many.p50 ?? 0) - 6_000.5)).toBeLessThan(60);
  });

  it(`of few measurements among more than ${EXACT_QUANTILES_MAX_READ_ROWS} events are those of the sketch`, async () => {
    await insertSequence('Crowd', EXACT_QUANTILES_MAX_READ_ROWS);
    await insertSequence('Rare', 3);
    const rare = await median('Rare');
    expect(rare.count).toBe(3);
    expect(rare.p50).not.toBe(1_001.5);
    expect(Math.abs((rare.p50 ?? 0) - 1_001.5)).toBeLessThan(10);
  });

  it('of a dimension with more values than one answer may carry are those of the sketch', async () => {
    await stack.writer.command(
      `INSERT INTO events (tenant, capability, metric, at, value, dimensions, event_id, received_at, expires_at)
      SELECT '${acme.id}', 'P2P', 'Orders', fromUnixTimestamp64Milli(${testNow - 7_200_000} + number, 'UTC'), 1, map('order', toString(number)),
        toString(number), fromUnixTimestamp64Milli(${testNow}, 'UTC'), toDateTime('2099-01-01 00:00:00', 'UTC')
      FROM numbers(${MAX_READ_ROWS + 1})`,
    );
    const range = { from: testNow - 7_200_000, to: testNow };
    const signal = new AbortController().signal;
    const selection = { tenants: [acme.id], capability: 'P2P', metric: 'Orders', range, signal };
    const groups = await readByDimension(stack.reader, selection, { dimension: 'order', limit: 1_001 });
    expect(groups.length).toBe(1_001);
    expect(groups[0]).toMatchObject({ count: 1, quantiles: [1, 1, 1, 1] });
  });
});
