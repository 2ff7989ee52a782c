import { afterAll, beforeAll, expect, it } from 'vitest';
import { replayDatabasePrefix } from '../../../platform/embedded/clickhouse-config.ts';
import { createMemoryBroker } from '../../../platform/log-store/memory.ts';
import type { Overrides } from '../../../processors/replay/overrides.ts';
import { LogExpiredError, readLog } from '../../../processors/replay/read-log.ts';
import { replay } from '../../../processors/replay/replay.ts';
import { createScratchDatabase } from '../../../processors/replay/scratch-database.ts';
import type { SloDefinition } from '../../../schemas/control/control-record.ts';
import { encodeControlRecord } from '../../../schemas/control/control-record-codec.ts';
import { encodeEventBatch } from '../../../schemas/events/event-batch-codec.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import { type Analytics, startAnalytics } from '../../support/analytics.ts';
import { createBatch, createEvent, testAt } from '../../support/event-batches.ts';

const minute = 60_000;
const hours = 30;
const tenant = 'org_acme';
let analytics: Analytics;

beforeAll(async () => {
  analytics = await startAnalytics();
});
afterAll(() => analytics.stop());

const slo: SloDefinition = {
  ...{ id: 'cycle-time', subjectKind: 'capability', subject: 'P2P', metric: 'CycleTime', dimensions: {} },
  ...{ objective: 0.5, windowDays: 1, calendar: 'none', timeZone: 'UTC', minEvents: 5 },
};
const flow = {
  ...{
    capability: 'P2P',
    endMilestones: ['Closed'],
    targetMs: 100 * minute,
    deadlineDimension: '',
    stageTargetsMs: {},
  },
  ...{ stuckAfterMs: null, pausesInMaintenance: false },
};

/** An event a minute of two urgencies, 0 to 9 hours long with targets of 8, and of another tenant; a case of an hour every hour; one request twice. */
async function createLog() {
  const logStore = createMemoryBroker({ now: () => testAt }).open();
  const settings = { revision: 1, slos: [slo], flows: [flow], maintenance: [] };
  await logStore.append(TOPICS.events, 0, [
    encodeControlRecord({ at: testAt, tenant, settings }),
    Buffer.from('poison'),
  ]);
  for (let hour = 0; hour < hours; hour++) await logStore.append(TOPICS.events, 0, createHour(hour));
  const other = createBatch(['other'], { tenant: 'org_other' });
  await logStore.append(TOPICS.events, 1, [encodeEventBatch(other)]);
  return logStore;
}

function createHour(hour: number): Uint8Array[] {
  const from = testAt + hour * 60 * minute;
  const values = Array.from({ length: 60 }, (_, n) => {
    const at = from + n * minute;
    const urgency = n % 2 === 0 ? 'high' : 'low';
    const events = [createEvent(`event-${hour}-${n}`, { at, value: n % 10, slaTarget: 8, dimensions: { urgency } })];
    if (n === 0 || n === 59) {
      const milestone = n === 0 ? 'Opened' : 'Closed';
      const of = { metric: 'Milestone', correlationId: `case-${hour}`, dimensions: { milestone } };
      events.push(createEvent(`milestone-${hour}-${n}`, { at, ...of }));
    }
    return encodeEventBatch(createBatch([], { tenant, clientIds: true, receivedAt: at, events }));
  });
  return [...values, ...values.slice(-1)];
}

async function replayUnder(overrides: Omit<Overrides, 'slaTargets'>, slaTargets: [string, number][] = []) {
  const logStore = await createLog();
  const databases = await Promise.all(
    ['before', 'after'].map((name) => createScratchDatabase(analytics.writerUrl, replayDatabasePrefix + name)),
  );
  const [before, after] = databases;
  if (before === undefined || after === undefined) throw new Error('no databases');
  try {
    return await replay({
      ...{ logStore, databases: [before, after], tenant, dimensionOf: () => 'urgency' },
      range: { from: testAt + 60 * minute, to: testAt + (hours - 1) * 60 * minute },
      overrides: { ...overrides, slaTargets: new Map(slaTargets) },
    });
  } finally {
    for (const database of databases) await database.close(false);
    await logStore.close();
  }
}

it('shows what other targets would have made of the log, compliance, alarms and cases, and leaves nothing behind', async () => {
  const { records, difference } = await replayUnder({ slaTarget: 3, caseTargetMs: 30 * minute }, [['high', 0]]);
  expect(records).toBe(hours * 61 + 3);
  const events = (hours - 2) * 60;
  // 0 to 8 of 0 to 9 met the target; of the even ones now 0 does, of the odd ones 1 and 3.
  const compliance = { complianceBefore: 0.9, complianceAfter: 0.3 };
  const cycleTime = { tenant, capability: 'P2P', metric: 'CycleTime', events };
  expect(difference.metrics).toContainEqual({
    ...cycleTime,
    metBefore: events * 0.9,
    metAfter: events * 0.3,
    ...compliance,
  });
  expect(difference.slos).toContainEqual({
    tenant,
    subject: slo.id,
    kind: expect.any(String),
    before: 0,
    after: expect.any(Number),
  });
  expect(difference.slos.every(({ before, after }) => before === 0 && after > 0)).toBe(true);
  expect(difference.cases).toEqual([
    { tenant, subject: 'P2P', kind: 'breached', before: 0, after: hours - 2 },
    { tenant, subject: 'P2P', kind: 'none', before: hours - 2, after: 0 },
  ]);
  const left = await analytics.clickhouse.select(
    `SELECT name FROM system.databases WHERE name LIKE 'tidemark_replay%'`,
  );
  expect(left).toEqual([]);
});

it('shows what another objective and another threshold would have made of the log', async () => {
  const { difference } = await replayUnder({ sloObjective: 0.99, anomalyThreshold: 0.5 });
  expect(difference.metrics.every(({ metBefore, metAfter }) => metBefore === metAfter)).toBe(true);
  expect(difference.slos.reduce((sum, { before, after }) => sum + after - before, 0)).toBeGreaterThan(0);
  expect(difference.anomalies.reduce((sum, { before, after }) => sum + after - before, 0)).toBeGreaterThan(0);
});

it('refuses to begin where the log has lost records since', async () => {
  const logStore = await createLog();
  const shortened = {
    ...logStore,
    bounds: async (topic: string, partition: number) => ({ ...(await logStore.bounds(topic, partition)), first: 1 }),
  };
  const read = (from: number) =>
    readLog({ logStore: shortened, topics: [TOPICS.events], from, onRecords: async () => undefined });
  await expect(read(testAt - 1)).rejects.toThrow(LogExpiredError);
  await expect(read(testAt)).resolves.toBeUndefined();
  await logStore.close();
});
