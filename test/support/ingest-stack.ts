import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from '../../platform/embedded/free-port.ts';
import { type PostgresServer, startPostgres } from '../../platform/embedded/postgres-server.ts';
import { createLog } from '../../platform/log.ts';
import { createLogServer } from '../../platform/log-store/embedded-server.ts';
import { migratePostgres } from '../../platform/migrate/migrate-postgres.ts';
import { readMigrations } from '../../platform/migrate/migration-files.ts';
import { closePostgres, createPostgres, type Sql } from '../../platform/postgres.ts';
import { TIER_HEAPS } from '../../platform/supervisor/heap-flags.ts';
import { startTier, type Tier } from '../../platform/supervisor/tier.ts';
import { bootstrapAdminKey } from '../../platform/tenancy/bootstrap.ts';
import { ensurePepper, parsePepper } from '../../platform/tenancy/pepper.ts';
import { TOPIC_SETTINGS } from '../../schemas/topics.ts';

export interface IngestStack {
  /** Where ingest serves, whenever it does. */
  url: string;
  /** For everything. */
  key: string;
  logUrl: string;
  /** Starts the ingest tier as a child process on its port, or where and as the changed environment says. */
  startIngest(changes?: Readonly<Record<string, string>>): Promise<Tier<unknown>>;
  stop(): Promise<void>;
}

const key = 'mk_live_ingest-stack-admin-key';
const migrations = join(import.meta.dirname, '../../sql/postgres/migrations');
const silent = { out: () => undefined, err: () => undefined };

/** A real embedded PostgreSQL with organization ACME and capability P2P, a real embedded log, and what the ingest tier needs to run on them. */
export async function startIngestStack(): Promise<IngestStack> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tidemark-ingest-'));
  const pepper = await ensurePepper(dataDir);
  const logServer = await createLogServer({ dir: join(dataDir, 'log'), token: 'secret', topics: TOPIC_SETTINGS });
  const postgres: PostgresServer = await startPostgres({ dataDir, log: createLog('postgres', 'silent') });
  await withSql(postgres.url, async (sql) => {
    await migratePostgres(sql, await readMigrations(migrations));
    await bootstrapAdminKey({ databaseUrl: postgres.url, pepper: parsePepper(pepper), adminKey: key });
    await seed(sql);
  });
  const port = await findFreePort();
  const env = {
    ...process.env,
    TIDEMARK_DATA_DIR: dataDir,
    TIDEMARK_INGEST_PORT: String(port),
    TIDEMARK_WEBHOOK_PORT: '0',
    TIDEMARK_KEY_PEPPER: pepper,
    TIDEMARK_LOG_URL: logServer.url,
    TIDEMARK_LOG_LEVEL: 'fatal',
    TIDEMARK_RATE_LIMITS: 'off',
    DATABASE_URL: postgres.url,
    NODE_COMPILE_CACHE: join(dataDir, 'cache'),
  };
  const entry = new URL('../../ingest/main.ts', import.meta.url);
  return {
    url: `http://127.0.0.1:${port}`,
    key,
    logUrl: logServer.url,
    startIngest: (changes = {}) =>
      startTier({
        name: 'ingest',
        entry,
        heap: TIER_HEAPS.ingest,
        env: { ...env, ...changes },
        sink: silent,
        drainMs: 10_000,
      }),
    async stop() {
      await Promise.all([postgres.stop(), logServer.close()]);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function withSql(url: string, work: (sql: Sql) => Promise<void>): Promise<void> {
  const sql = createPostgres(url, { max: 1, applicationName: 'test' });
  try {
    await work(sql);
  } finally {
    await closePostgres(sql);
  }
}

async function seed(sql: Sql): Promise<void> {
  await sql`
    INSERT INTO tenants (id, code, slug, name, data_retention_days, shard, created_at)
    VALUES ('org_acme0001', 'ACME', 'acme', 'Acme', 365, 2, now())`;
  await sql`
    INSERT INTO capabilities (tenant_id, code, name, created_at) VALUES ('org_acme0001', 'P2P', 'Procure to pay', now())`;
}
