import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClickHouse, createClickHouse } from '../../platform/clickhouse.ts';
import { type ClickHouseServer, startClickHouse } from '../../platform/embedded/clickhouse-server.ts';
import { createLog } from '../../platform/log.ts';
import { migrateClickHouse } from '../../platform/migrate/migrate-clickhouse.ts';
import { readMigrations } from '../../platform/migrate/migration-files.ts';

/** A real, migrated ClickHouse in a temporary directory. */
export interface Analytics {
  /** As the writer. */
  clickhouse: ClickHouse;
  writerUrl: string;
  readerUrl: string;
  /** Ends the engine without warning and starts it again on the same data and port. */
  killAndRestart(): Promise<void>;
  stop(): Promise<void>;
}

const log = createLog('clickhouse', 'silent');
const migrations = join(import.meta.dirname, '../../sql/clickhouse/migrations');

export async function startAnalytics(): Promise<Analytics> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tidemark-analytics-'));
  let server: ClickHouseServer = await startClickHouse({ dataDir, log });
  const clickhouse = createClickHouse(server.writerUrl);
  await migrateClickHouse(clickhouse, await readMigrations(migrations));
  return {
    clickhouse,
    writerUrl: server.writerUrl,
    readerUrl: server.readerUrl,
    async killAndRestart() {
      process.kill(server.pid, 'SIGKILL');
      server = await startClickHouse({ dataDir, log, port: server.port });
    },
    async stop() {
      await clickhouse.close();
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export const rollupTables = [
  'measurements_1m',
  'measurements_1h',
  'measurements_1d',
  'measurements_by_dimensions_1h',
  'measurements_by_dimensions_1d',
];

/** What a table holds in all: rows of raw events and cells of rollups must agree. */
export interface Totals {
  count: number;
  sum: number;
  met: number;
  targets: number;
}

/** Totals of `events` or a rollup; sums are rounded, because their order differs. */
export async function totalsOf(clickhouse: ClickHouse, table: string): Promise<Totals> {
  const isRaw = table === 'events';
  const [totals] = await clickhouse.select<Totals>(
    isRaw
      ? `SELECT count() AS count, round(sum(value), 3) AS sum, countIf(value <= sla_target) AS met, count(sla_target) AS targets FROM events`
      : `SELECT sum(t.count) AS count, round(sum(t.sum), 3) AS sum, sum(sla_met) AS met, sum(sla_total) AS targets FROM ${table} AS t`,
  );
  if (totals === undefined) throw new Error(`no totals of ${table}`);
  return totals;
}
