import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClickHouse, createClickHouse } from '../../platform/clickhouse.ts';
import { startClickHouse } from '../../platform/embedded/clickhouse-server.ts';
import { startPostgres } from '../../platform/embedded/postgres-server.ts';
import { createPageTokens } from '../../platform/http/page-tokens.ts';
import type { HttpServer } from '../../platform/http/server.ts';
import { createMemoryBroker, type MemoryBroker } from '../../platform/log-store/memory.ts';
import { createMetrics } from '../../platform/metrics.ts';
import { migrate } from '../../platform/migrate/migrate.ts';
import { closePostgres, createPostgres, type Sql } from '../../platform/postgres.ts';
import { createDirectory } from '../../platform/tenancy/directory.ts';
import type { JwtSettings } from '../../platform/tenancy/jwt/jwt-settings.ts';
import type { Directory } from '../../platform/tenancy/tenancy.ts';
import { buildQueryApi } from '../../query-api/app.ts';
import { createControl } from '../../query-api/control/control.ts';
import { createDeadLetters } from '../../query-api/dead-letters/dead-letters.ts';
import type { QueryApiDeps } from '../../query-api/deps.ts';
import { silentLog, testPepper } from './control-plane.ts';

export interface TestQueryApi {
  app: HttpServer;
  /** What it is built of, for another one over the same engines. */
  deps: QueryApiDeps;
  directory: Directory;
  /** Of the control plane. */
  databaseUrl: string;
  /** Of the test itself. */
  sql: Sql;
  /** As the user that may write. */
  analytics: ClickHouse;
  /** The log that records are replayed to, and clients of it. */
  broker: MemoryBroker;
  close(): Promise<void>;
}

/** The API tier over both real engines, migrated, in a temporary directory. */
export async function startQueryApi(now: () => number = Date.now, jwt?: JwtSettings): Promise<TestQueryApi> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tidemark-query-api-'));
  const [postgres, clickhouseServer] = await Promise.all([
    startPostgres({ dataDir, log: silentLog }),
    startClickHouse({ dataDir, log: silentLog }),
  ]);
  await migrate({ databaseUrl: postgres.url, clickhouseUrl: clickhouseServer.writerUrl, log: silentLog });
  const sql = createPostgres(postgres.url);
  const analytics = createClickHouse(clickhouseServer.writerUrl);
  const clickhouse = createClickHouse(clickhouseServer.readerUrl);
  const directory = await createDirectory({ sql, pepper: testPepper, jwt, log: silentLog, now });
  const control = createControl({ sql, pepper: testPepper, now });
  const broker = createMemoryBroker();
  const logStore = broker.open();
  const deadLetters = createDeadLetters({ sql, openLog: async () => logStore, now });
  const config = { rateLimits: false, requireHttps: false };
  const pageTokens = createPageTokens(testPepper);
  const metrics = createMetrics({ host: '127.0.0.1' });
  const deps = { clickhouse, directory, control, deadLetters, pageTokens, now, config, metrics, log: silentLog };
  const app = await buildQueryApi(deps, {});
  return {
    app,
    deps,
    directory,
    databaseUrl: postgres.url,
    sql,
    analytics,
    broker,
    async close() {
      await app.close();
      await logStore.close();
      await directory.close();
      await Promise.all([closePostgres(sql), analytics.close(), clickhouse.close()]);
      await Promise.all([postgres.stop(), clickhouseServer.stop()]);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
