import { ConfigError, readConfig } from '../platform/config.ts';
import { createPeerSeals } from '../platform/http/forwarded-peer.ts';
import { createKeyless } from '../platform/http/keyless.ts';
import { createPageTokens } from '../platform/http/page-tokens.ts';
import { createEventUsage } from '../platform/limits/event-usage.ts';
import { createPostgresBudgetStore } from '../platform/limits/postgres-budget-store.ts';
import { createServiceRegistry } from '../platform/limits/service-registry.ts';
import { createSharedBudgets } from '../platform/limits/shared-budgets.ts';
import { createLimitMetrics } from '../platform/limits/store-state.ts';
import { createLog } from '../platform/log.ts';
import { openLogStore } from '../platform/log-store/open.ts';
import { createMetrics } from '../platform/metrics.ts';
import { closePostgres, createPostgres } from '../platform/postgres.ts';
import { measureProcess } from '../platform/process-metrics.ts';
import { type RunningService, runService } from '../platform/service.ts';
import { createDefaultOrganization } from '../platform/tenancy/default-organization.ts';
import { createDirectory } from '../platform/tenancy/directory.ts';
import { jwtSettings } from '../platform/tenancy/jwt/jwt-settings.ts';
import { readPepper } from '../platform/tenancy/pepper.ts';
import { TOPICS } from '../schemas/topics.ts';
import { buildIngest, buildWebhook } from './app.ts';

await runService({ name: 'ingest', start });

async function start(): Promise<RunningService> {
  const config = readConfig(process.env);
  const { databaseUrl, host } = config;
  if (databaseUrl === undefined) {
    throw new ConfigError('DATABASE_URL is not set; expected the URL of the control plane, or run npm start');
  }
  const log = createLog('ingest', config.logLevel);
  const pepper = readPepper(process.env);
  const sql = createPostgres(databaseUrl, { applicationName: 'tidemark ingest' });
  const [logStore, directory] = await Promise.all([
    openLogStore(config),
    createDirectory({ sql, pepper, jwt: jwtSettings(config), log, now: Date.now }),
  ]);
  const checks = {
    log: async () => void (await logStore.bounds(TOPICS.events, 0)),
    postgres: async () => void (await sql`SELECT 1`),
  };
  const metrics = createMetrics(config);
  measureProcess(metrics.registry);
  const store = createPostgresBudgetStore(sql);
  const budgets = createSharedBudgets({ store, log, metrics: createLimitMetrics(metrics.registry) });
  const usage = createEventUsage({ sql, log, now: Date.now });
  const services = createServiceRegistry({ sql, now: Date.now });
  const defaultOrganization = createDefaultOrganization({ sql, directory });
  const keyless = createKeyless({ sql, log, host, defaultOrganization, now: Date.now });
  const seals = createPeerSeals(createPageTokens(pepper));
  const limits = { budgets, usage, services };
  const deps = { logStore, directory, log, config, checks, metrics, ...limits, defaultOrganization, keyless, seals };
  const [app, webhook] = await Promise.all([buildIngest(deps), buildWebhook(deps)]);
  const ingestUrl = await app.listen({ host, port: config.ingestPort });
  const webhookUrl = await webhook.listen({ host, port: config.webhookPort });
  // Says so when it is.
  await keyless.isOpen();
  return {
    urls: { ingest: ingestUrl, webhook: webhookUrl },
    async stop() {
      await Promise.all([app.close(), webhook.close()]);
      store.close();
      await Promise.all([logStore.close(), directory.close(), usage.close()]);
      await closePostgres(sql);
    },
  };
}
