import { ConfigError, readConfig } from '../config.ts';
import { createLog } from '../log.ts';
import { describeStartError } from '../service.ts';
import { migrate } from './migrate.ts';
import { migrateKafka } from './migrate-kafka.ts';

// npm run migrate: brings both databases to the newest schema, and the topics of Kafka when that is the log, or says in one line why not.
try {
  const { databaseUrl, clickhouseUrl, kafkaBrokers, kafka, logLevel } = readConfig(process.env);
  if (databaseUrl === undefined || clickhouseUrl === undefined) {
    const missing = databaseUrl === undefined ? 'DATABASE_URL' : 'CLICKHOUSE_URL';
    throw new ConfigError(`${missing} is not set; migrations need DATABASE_URL and CLICKHOUSE_URL`);
  }
  const log = createLog('migrate', logLevel);
  await migrate({ databaseUrl, clickhouseUrl, log });
  if (kafkaBrokers !== undefined && kafka !== undefined) {
    const created = await migrateKafka({ connection: { brokers: kafkaBrokers, ...kafka, log }, ...kafka });
    log.info({ created }, 'the topics of Kafka are up to date');
  }
  log.info('both databases are up to date');
} catch (error) {
  process.stderr.write(`migrate: ${describeStartError(error)}\n`);
  process.exitCode = 1;
}
