import { type Config, ConfigError, readConfig } from '../config.ts';
import { createLog } from '../log.ts';
import { describeStartError } from '../service.ts';
import { bootstrapAdminKey } from '../tenancy/bootstrap.ts';
import { readPepper } from '../tenancy/pepper.ts';
import { migrate } from './migrate.ts';
import { migrateTopics } from './migrate-topics.ts';

// npm run migrate: brings both databases to the newest schema, and the topics of Kafka when that is the log, and with a pepper sees to it
// that there is an admin key; or says in one line why not.
try {
  const config = readConfig(process.env);
  const { databaseUrl, clickhouseUrl, clickhouseCluster } = config;
  if (databaseUrl === undefined || clickhouseUrl === undefined) {
    const missing = databaseUrl === undefined ? 'DATABASE_URL' : 'CLICKHOUSE_URL';
    throw new ConfigError(`${missing} is not set; migrations need DATABASE_URL and CLICKHOUSE_URL`);
  }
  const log = createLog('migrate', config.logLevel);
  await migrate({ databaseUrl, clickhouseUrl, clickhouseCluster, log });
  await migrateTopics(config, log);
  await ensureAdminKey(config, databaseUrl);
  log.info('both databases are up to date');
} catch (error) {
  process.stderr.write(`migrate: ${describeStartError(error)}\n`);
  process.exitCode = 1;
}

async function ensureAdminKey({ adminKey }: Config, databaseUrl: string): Promise<void> {
  if (adminKey === undefined && process.env.TIDEMARK_KEY_PEPPER === undefined) return;
  const created = await bootstrapAdminKey({ databaseUrl, adminKey, pepper: readPepper(process.env) });
  if (created !== undefined && adminKey === undefined) {
    process.stdout.write(`admin key, shown only this once: ${created}\n`);
  }
}
