import { clusterStatement } from './cluster-statement.ts';
import { type AppliedMigration, type Migration, MigrationError, pendingMigrations } from './migration-files.ts';
import { splitStatements } from './split-statements.ts';

/** What a migration needs of ClickHouse; platform/clickhouse.ts provides it. */
export interface MigrationTarget {
  /** Runs one statement that returns nothing. */
  command(query: string): Promise<void>;
  select<Row>(query: string): Promise<Row[]>;
}

/**
 * Applies the pending files statement by statement and records each in `schema_migrations`. The caller holds the migration lock:
 * ClickHouse has neither locks nor transactions, so a crash leaves a file half applied and unrecorded, and the next call runs it again.
 * With a cluster the same files make replicated tables on all of its servers.
 */
export async function migrateClickHouse(
  target: MigrationTarget,
  migrations: readonly Migration[],
  cluster?: string,
): Promise<string[]> {
  await target.command(clusterStatement(recordTable, cluster));
  const applied = await target.select<AppliedMigration>(
    'SELECT version, name, checksum FROM schema_migrations FINAL ORDER BY version',
  );
  const pending = pendingMigrations(migrations, applied);
  for (const migration of pending) await apply(target, migration, cluster);
  return pending.map(({ name }) => name);
}

const recordTable = `
  CREATE TABLE IF NOT EXISTS schema_migrations
  (version UInt32, name String, checksum String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3))
  ENGINE = ReplacingMergeTree(applied_at) ORDER BY version`;

/** Creates the database unless it exists. `target` must not be connected to it. */
export async function createClickHouseDatabase(
  target: MigrationTarget,
  database: string,
  cluster?: string,
): Promise<void> {
  if (!/^[A-Za-z_]\w{0,62}$/.test(database))
    throw new MigrationError(`the path of CLICKHOUSE_URL must be a database name such as /tidemark`);
  await target.command(clusterStatement(`CREATE DATABASE IF NOT EXISTS ${database} ENGINE = Atomic`, cluster));
}

async function apply(
  target: MigrationTarget,
  { version, name, checksum, sql }: Migration,
  cluster: string | undefined,
): Promise<void> {
  for (const [index, statement] of splitStatements(sql).entries()) {
    await target.command(clusterStatement(statement, cluster)).catch((cause: unknown) => {
      throw new MigrationError(`ClickHouse refused statement ${index + 1} of migration ${version} (${name})`, {
        cause,
      });
    });
  }
  await target.command(
    `INSERT INTO schema_migrations (version, name, checksum) VALUES (${version}, '${name}', '${checksum}')`,
  );
}
