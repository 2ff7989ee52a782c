import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMemoryBroker } from '../../../platform/log-store/memory.ts';
import { measuredTopics } from '../../../processors/analytics/sources.ts';
import { startSettingsRelay } from '../../../processors/settings/relay.ts';
import type { TenantSettings } from '../../../schemas/control/control-record.ts';
import { decodeControlRecord } from '../../../schemas/control/control-record-codec.ts';
import { TOPICS, type Topic } from '../../../schemas/topics.ts';
import { type ControlPlane, silentLog, startControlPlane } from '../../support/control-plane.ts';
import { testAt } from '../../support/event-batches.ts';
import { waitFor } from '../../support/processes.ts';

let plane: ControlPlane;

beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(() => plane.close());

const tenant = 'org_relay0001';

/** Notes what is told, by topic. */
function createRecorder() {
  const store = createMemoryBroker().open();
  const told: { topic: string; partition: number; settings: TenantSettings | null }[] = [];
  return {
    told,
    logStore: {
      append(topic: Topic, partition: number, values: readonly Uint8Array[]) {
        for (const value of values) {
          const record = decodeControlRecord(value);
          if (typeof record === 'string') throw new Error(record);
          told.push({ topic, partition, settings: record.settings });
        }
        return store.append(topic, partition, values);
      },
    },
  };
}

it('tells the settings of a tenant on its partition of every topic, soon after each change, and again when asked', async () => {
  const { sql } = plane;
  await sql`INSERT INTO tenants (id, code, slug, name, data_retention_days, shard, created_at)
    VALUES (${tenant}, 'RELAY', 'relay', 'Relay', 30, 6, now())`;
  await sql`INSERT INTO capabilities VALUES (${tenant}, 'P2P', 'P2P', now())`;
  const { told, logStore } = createRecorder();
  const relay = startSettingsRelay({ sql, logStore, topics: measuredTopics, log: silentLog, now: () => testAt });
  await sql`INSERT INTO slos (tenant_id, id, name, subject_kind, subject, metric, objective, window_days, min_events)
    VALUES (${tenant}, 'fast', 'Fast', 'capability', 'P2P', 'CycleTime', 0.99, 30, 10)`;
  await waitFor(async () => told.length >= 3, 5_000);
  expect(told.slice(0, 3).map(({ topic, partition }) => [topic, partition])).toEqual([
    [TOPICS.events, 2],
    [TOPICS.metrics, 2],
    [TOPICS.logs, 2],
  ]);
  expect(told[0]?.settings?.slos).toEqual([
    {
      ...{ id: 'fast', subjectKind: 'capability', subject: 'P2P', metric: 'CycleTime', dimensions: {} },
      ...{ objective: 0.99, windowDays: 30, calendar: 'none', timeZone: 'UTC', minEvents: 10 },
    },
  ]);
  await sql`INSERT INTO case_flows (tenant_id, capability, end_milestones, target_ms, stage_targets_ms)
    VALUES (${tenant}, 'P2P', '{Paid}', 86400000, '{"Ordered": 3600000}')`;
  await sql`WITH window_row AS (
      INSERT INTO maintenance_windows (tenant_id, title, scheduled_start, scheduled_end, exclude_from_sla)
      VALUES (${tenant}, 'Move', ${new Date(testAt)}, ${new Date(testAt + 1_000)}, true) RETURNING id)
    INSERT INTO maintenance_window_services SELECT id, ${tenant}, 'P2P' FROM window_row`;
  await waitFor(async () => (told.at(-1)?.settings?.maintenance.length ?? 0) > 0, 5_000);
  expect(told.at(-1)?.settings).toMatchObject({
    flows: [
      { capability: 'P2P', endMilestones: ['Paid'], targetMs: 86_400_000, stageTargetsMs: { Ordered: 3_600_000 } },
    ],
    maintenance: [{ subjects: ['P2P'], from: testAt, to: testAt + 1_000, excludeFromSla: true, suppressAlerts: false }],
  });
  const revisions = told.map(({ settings }) => settings?.revision ?? 0);
  expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));

  const before = told.length;
  await relay.tellAll();
  await waitFor(async () => told.length >= before + 3, 5_000);
  expect(told.at(-1)?.settings?.revision).toBe(revisions.at(-1));
  await relay.stop();
});

it('waits for a control plane that is away', async () => {
  const { sql } = plane;
  const { told, logStore } = createRecorder();
  const relay = startSettingsRelay({ sql, logStore, topics: [TOPICS.events], log: silentLog, now: () => testAt });
  await plane.stop();
  await plane.startAgain();
  await sql`UPDATE slos SET objective = 0.9 WHERE tenant_id = ${tenant}`;
  await waitFor(async () => told.some(({ settings }) => settings?.slos[0]?.objective === 0.9), 20_000);
  await relay.stop();
});
