import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditRollups } from '../../processors/audit/audit.ts';
import { createClickHouseSink } from '../../processors/clickhouse-sink.ts';
import { SinkUnavailableError } from '../../processors/sink.ts';
import { type Analytics, startAnalytics } from '../support/analytics.ts';
import { createLoadBatch, testAt } from '../support/event-batches.ts';
import { createRange } from '../support/stored-ranges.ts';

const tenant = 'org_everywhere';
/** More of each for a longer search. */
const inserts = 10;
const repairs = Number(process.env.ROUNDS ?? 2);

let analytics: Analytics;
beforeAll(async () => {
  analytics = await startAnalytics();
});
afterAll(() => analytics.stop());

const confirm = async (): Promise<void> => undefined;
const rangeOf = (number: number, partition: number) =>
  createRange([createLoadBatch(number, { count: 300, tenant, at: testAt })], { first: number, partition });

test('a repair beside inserts and a repair of another partition into the same cells leaves all of them right', async () => {
  const { clickhouse } = analytics;
  const sink = createClickHouseSink(clickhouse);
  const first = [rangeOf(0, 0), rangeOf(1, 1)];
  for (const range of first) await sink.insert(range);
  const inserting = (async () => {
    for (let number = 2; number < inserts; number++) await sink.insert(rangeOf(number, 2 + (number % 2)));
  })();
  const repairing = first.map(async (range) => {
    for (let done = 0; done < repairs; done++) {
      await clickhouse.command(`DELETE FROM measurements_1m WHERE tenant = {tenant:String}`, { tenant });
      await untilStored(() => sink.reconcile(range, confirm));
    }
  });
  await Promise.all([inserting, ...repairing]);
  for (const range of first) await sink.reconcile(range, confirm);
  const report = await auditRollups(clickhouse);
  expect(report.listed).toEqual([]);
  expect(report).toMatchObject({ wrongCells: 0, unsettledCells: 0 });
}, 60_000);

/** As a worker does: a repair that was disturbed too often gives way, and begins again. */
async function untilStored(work: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof SinkUnavailableError)) throw error;
    }
  }
}
