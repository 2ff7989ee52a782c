import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PostgresServer, startPostgres } from '../../platform/embedded/postgres-server.ts';
import { createLog } from '../../platform/log.ts';
import { migratePostgres } from '../../platform/migrate/migrate-postgres.ts';
import { readMigrations } from '../../platform/migrate/migration-files.ts';
import { closePostgres, createPostgres, type Sql } from '../../platform/postgres.ts';
import { parsePepper } from '../../platform/tenancy/pepper.ts';

export interface ControlPlane {
  url: string;
  /** Pool of the test itself. */
  sql: Sql;
  /** Stops the server; `startAgain` brings it back on the same port and data. */
  stop(): Promise<void>;
  startAgain(): Promise<void>;
  close(): Promise<void>;
}

export const silentLog = createLog('test', 'silent');
export const testPepper = parsePepper(`v1:${Buffer.alloc(32, 7).toString('base64url')}`);

/** A real, migrated PostgreSQL in a temporary directory. */
export async function startControlPlane(): Promise<ControlPlane> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tidemark-control-'));
  let server: PostgresServer = await startPostgres({ dataDir, log: silentLog });
  const { url, port } = server;
  const sql = createPostgres(url);
  await migratePostgres(sql, await readMigrations(join(import.meta.dirname, '../../sql/postgres/migrations')));
  return {
    url,
    sql,
    stop: () => server.stop(),
    async startAgain() {
      server = await startPostgres({ dataDir, log: silentLog, port });
    },
    async close() {
      await closePostgres(sql);
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Asks again and again until the answer is the wanted one; returns the milliseconds that took. Throws when it takes longer than allowed. */
export async function timeUntil(isSo: () => Promise<boolean>, deadlineMs: number): Promise<number> {
  const startedAt = performance.now();
  while (!(await isSo())) {
    if (performance.now() - startedAt > deadlineMs) throw new Error(`not so after ${deadlineMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return performance.now() - startedAt;
}
