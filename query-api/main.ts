import { createClickHouse } from '../platform/clickhouse.ts';
import { ConfigError, readConfig } from '../platform/config.ts';
import { createPageTokens } from '../platform/http/page-tokens.ts';
import { createPostgresBudgetStore } from '../platform/limits/postgres-budget-store.ts';
import { createSharedBudgets } from '../platform/limits/shared-budgets.ts';
import { createLimitMetrics } from '../platform/limits/store-state.ts';
import { createLog } from '../platform/log.ts';
import { createLazyLog } from '../platform/log-store/lazy-log.ts';
import { openLogStore } from '../platform/log-store/open.ts';
import { createMetrics } from '../platform/metrics.ts';
import { closePostgres, createPostgres } from '../platform/postgres.ts';
import { measureProcess } from '../platform/process-metrics.ts';
import { type RunningService, runService } from '../platform/service.ts';
import { createDirectory } from '../platform/tenancy/directory.ts';
import { jwtSettings } from '../platform/tenancy/jwt/jwt-settings.ts';
import { readPepper } from '../platform/tenancy/pepper.ts';
import { buildQueryApi } from './app.ts';
import { createControl } from './control/control.ts';
import { createDeadLetters } from './dead-letters/dead-letters.ts';
import { checkIngest } from './ingest-health.ts';

await runService({ name: 'query-api', start });

async function start(): Promise<RunningService> {
  const config = readConfig(process.env);
  const { databaseUrl, clickhouseUrl, ingestUrl, host } = config;
  if (databaseUrl === undefined) throw missing('DATABASE_URL', 'the control plane');
  if (clickhouseUrl === undefined) throw missing('CLICKHOUSE_URL', 'the analytics store');
  const log = createLog('query-api', config.logLevel);
  const pepper = readPepper(process.env);
  const sql = createPostgres(databaseUrl, { applicationName: 'tidemark query-api' });
  const clickhouse = createClickHouse(clickhouseUrl, { application: 'tidemark query-api', maxConnections: 32 });
  const directory = await createDirectory({ sql, pepper, jwt: jwtSettings(config), log, now: Date.now });
  const control = createControl({ sql, pepper, now: Date.now });
  const logStore = createLazyLog(() => openLogStore(config));
  const deadLetters = createDeadLetters({ sql, openLog: () => logStore.get(), now: Date.now });
  const checks = {
    postgres: async () => void (await sql`SELECT 1`),
    clickhouse: () => clickhouse.ping(),
    ...(ingestUrl === undefined ? {} : { ingest: () => checkIngest(ingestUrl) }),
  };
  const metrics = createMetrics(config);
  measureProcess(metrics.registry);
  const store = createPostgresBudgetStore(sql);
  const budgets = createSharedBudgets({ store, log, metrics: createLimitMetrics(metrics.registry) });
  const pageTokens = createPageTokens(pepper);
  const deps = {
    clickhouse,
    directory,
    control,
    deadLetters,
    pageTokens,
    config,
    log,
    metrics,
    budgets,
    now: Date.now,
  };
  const app = await buildQueryApi(deps, checks);
  const api = await app.listen({ host, port: config.apiPort });
  return {
    urls: { api },
    async stop() {
      await app.close();
      store.close();
      await Promise.all([directory.close(), clickhouse.close(), logStore.close()]);
      await closePostgres(sql);
    },
  };
}

function missing(name: string, what: string): ConfigError {
  return new ConfigError(`${name} is not set; expected the URL of ${what}, or run npm start`);
}
