import type { Sql, SqlRunner } from '../postgres.ts';
import { type AppliedMigration, type Migration, pendingMigrations } from './migration-files.ts';

// Any number will do as long as nothing else in the database uses it.
const migrationLock = 7_308_345_612;
const lockTimeoutMs = 60_000;

/**
 * Applies the pending files, each in a transaction of its own together with its row in `schema_migrations`. Returns the names of those
 * applied by this call. Safe beside other callers: every step happens under one advisory lock.
 */
export async function migratePostgres(sql: Sql, migrations: readonly Migration[]): Promise<string[]> {
  const applied: string[] = [];
  for (;;) {
    const name = await withMigrationLock(sql, (transaction) => applyNext(transaction, migrations));
    if (name === undefined) return applied;
    applied.push(name);
  }
}

/** Runs `work` in a transaction that holds the migration lock; waits up to a minute for it. */
export async function withMigrationLock<T>(sql: Sql, work: (transaction: SqlRunner) => Promise<T>): Promise<T> {
  const result = await sql.begin(async (transaction) => {
    await transaction.unsafe(`SET LOCAL lock_timeout = ${lockTimeoutMs}`);
    await transaction`SELECT pg_advisory_xact_lock(${migrationLock})`;
    return { value: await work(transaction) };
  });
  return (result as { value: T }).value;
}

async function applyNext(transaction: SqlRunner, migrations: readonly Migration[]): Promise<string | undefined> {
  await transaction`
    CREATE TABLE IF NOT EXISTS schema_migrations (
      version    integer PRIMARY KEY,
      name       text NOT NULL,
      checksum   text NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT now()
    )`;
  const applied = await transaction<AppliedMigration[]>`SELECT version, name, checksum FROM schema_migrations`;
  const [next] = pendingMigrations(migrations, applied);
  if (next === undefined) return undefined;
  await transaction.unsafe(next.sql);
  const { version, name, checksum } = next;
  await transaction`INSERT INTO schema_migrations (version, name, checksum) VALUES (${version}, ${name}, ${checksum})`;
  return name;
}
