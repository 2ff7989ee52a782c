import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ClickHouse, createClickHouse } from '../../platform/clickhouse.ts';
import { createClickHouseDatabase, migrateClickHouse } from '../../platform/migrate/migrate-clickhouse.ts';
import { readMigrations } from '../../platform/migrate/migration-files.ts';
import { auditRollups } from '../../processors/audit/audit.ts';
import { createClickHouseSink } from '../../processors/clickhouse-sink.ts';
import type { RowSink } from '../../processors/sink.ts';
import { rollupTables, totalsOf } from '../support/analytics.ts';
import { clickhouseCluster, type ReplicatedClickHouse, startReplicatedClickHouse } from '../support/containers.ts';
import { createLoadBatch, testAt } from '../support/event-batches.ts';
import { waitFor } from '../support/processes.ts';
import { createRange } from '../support/stored-ranges.ts';

const migrations = join(import.meta.dirname, '../../sql/clickhouse/migrations');
const restartMs = 60_000;

let server: ReplicatedClickHouse;
let clickhouse: ClickHouse;
let sink: RowSink;

beforeAll(async () => {
  server = await startReplicatedClickHouse();
  const outside = createClickHouse(server.writerUrl.replace(/tidemark$/, ''));
  await createClickHouseDatabase(outside, 'tidemark', clickhouseCluster);
  await outside.close();
  clickhouse = createClickHouse(server.writerUrl);
  await migrateClickHouse(clickhouse, await readMigrations(migrations), clickhouseCluster);
  sink = createClickHouseSink(clickhouse);
}, 240_000);
afterAll(async () => {
  await clickhouse?.close();
  await server?.stop();
});

const confirm = async (): Promise<void> => undefined;
const load = (number: number) => createLoadBatch(number, { count: 1_000, tenant: 'org_acme', at: testAt });

async function expectRowsEverywhere(count: number): Promise<void> {
  const raw = await totalsOf(clickhouse, 'events');
  expect(raw.count).toBe(count);
  for (const table of rollupTables) expect(await totalsOf(clickhouse, table), table).toEqual(raw);
  expect(await auditRollups(clickhouse)).toMatchObject({ wrongCells: 0 });
}

test('the migrations make every table a replicated one', async () => {
  const tables = await clickhouse.select<{ engine: string }>(
    `SELECT engine FROM system.tables WHERE database = 'tidemark' AND endsWith(engine, 'MergeTree')`,
  );
  expect(tables.length).toBeGreaterThan(rollupTables.length);
  for (const { engine } of tables) expect(engine).toMatch(/^Replicated/);
});

test('a range is stored once, in raw rows and in every rollup, however often its token is sent', async () => {
  const range = createRange([load(0), load(1)]);
  for (let attempt = 0; attempt < 3; attempt++) await sink.insert(range);
  await expectRowsEverywhere(2_000);
});

test('a range that was under way when the server was killed is stored once by its reconcile', async () => {
  const range = createRange([load(2), load(3)]);
  const inserting = sink.insert(range).catch(() => undefined);
  await server.killAndRestart();
  await inserting;
  const isUp = () =>
    clickhouse.ping().then(
      () => true,
      () => false,
    );
  await waitFor(isUp, restartMs);
  await sink.reconcile(range, confirm);
  await sink.insert(range);
  await expectRowsEverywhere(4_000);
});
