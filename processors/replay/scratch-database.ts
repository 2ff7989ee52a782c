import { join } from 'node:path';
import { type ClickHouse, createClickHouse } from '../../platform/clickhouse.ts';
import { createClickHouseDatabase, migrateClickHouse } from '../../platform/migrate/migrate-clickhouse.ts';
import { readMigrations } from '../../platform/migrate/migration-files.ts';

/** A database with all tables and nothing in them. */
export interface ScratchDatabase {
  name: string;
  clickhouse: ClickHouse;
  /** With `isKept` the database stays. */
  close(isKept: boolean): Promise<void>;
}

const migrations = join(import.meta.dirname, '../../sql/clickhouse/migrations');
const application = 'tidemark replay';
const requestTimeoutMs = 300_000;

/** Beside the database of the URL, on one server: never replicated. */
export async function createScratchDatabase(clickhouseUrl: string, name: string): Promise<ScratchDatabase> {
  const url = new URL(clickhouseUrl);
  url.pathname = '/';
  const server = createClickHouse(url.href, { application, requestTimeoutMs });
  await createClickHouseDatabase(server, name);
  url.pathname = `/${name}`;
  const clickhouse = createClickHouse(url.href, { application, requestTimeoutMs });
  const close = async (isKept: boolean) => {
    await clickhouse.close();
    try {
      if (!isKept) await server.command(`DROP DATABASE IF EXISTS ${name} SYNC`);
    } finally {
      await server.close();
    }
  };
  try {
    await migrateClickHouse(clickhouse, await readMigrations(migrations));
  } catch (error) {
    await close(false);
    throw error;
  }
  return { name, clickhouse, close };
}
