import { join } from 'node:path';
import { createClickHouse } from '../clickhouse.ts';
import type { Log } from '../log.ts';
import { closePostgres, createPostgres, type Sql } from '../postgres.ts';
import { createClickHouseDatabase, migrateClickHouse } from './migrate-clickhouse.ts';
import { migratePostgres, withMigrationLock } from './migrate-postgres.ts';
import { type Migration, readMigrations } from './migration-files.ts';

export interface MigrateOptions {
  /** `postgres://…/<database>`; the database exists. */
  databaseUrl: string;
  /** `http://…/<database>`; the database is created when it is missing. */
  clickhouseUrl: string;
  /** Cluster of ClickHouse to build the tables in, replicated; absent: one server. */
  clickhouseCluster?: string | undefined;
  log: Log;
  /** Folder that holds postgres/migrations and clickhouse/migrations; that of this program when absent. */
  folder?: string;
}

const ownFolder = join(import.meta.dirname, '../../sql');

/**
 * Brings both databases to the newest schema. Forward only; safe when several processes do it at once. Throws MigrationError when an
 * applied file was edited, and the database's own error when a statement fails.
 */
export async function migrate(options: MigrateOptions): Promise<void> {
  const { databaseUrl, log, folder = ownFolder } = options;
  const postgresMigrations = await readMigrations(join(folder, 'postgres/migrations'));
  const clickhouseMigrations = await readMigrations(join(folder, 'clickhouse/migrations'));
  const sql = createPostgres(databaseUrl, { max: 1, applicationName: 'tidemark migrate' });
  try {
    report(log, 'postgres', await migratePostgres(sql, postgresMigrations));
    report(log, 'clickhouse', await migrateClickHouseUnderLock(sql, options, clickhouseMigrations));
  } finally {
    await closePostgres(sql);
  }
}

function migrateClickHouseUnderLock(
  sql: Sql,
  { clickhouseUrl, clickhouseCluster }: MigrateOptions,
  migrations: Migration[],
): Promise<string[]> {
  return withMigrationLock(sql, async () => {
    const serverUrl = new URL(clickhouseUrl);
    const database = serverUrl.pathname.slice(1);
    serverUrl.pathname = '/';
    await withClickHouse(serverUrl.href, (server) => createClickHouseDatabase(server, database, clickhouseCluster));
    return withClickHouse(clickhouseUrl, (target) => migrateClickHouse(target, migrations, clickhouseCluster));
  });
}

async function withClickHouse<T>(
  url: string,
  work: (target: ReturnType<typeof createClickHouse>) => Promise<T>,
): Promise<T> {
  const clickhouse = createClickHouse(url);
  try {
    return await work(clickhouse);
  } finally {
    await clickhouse.close();
  }
}

function report(log: Log, database: string, applied: string[]): void {
  if (applied.length > 0) log.info({ database, applied }, 'migrations applied');
}
