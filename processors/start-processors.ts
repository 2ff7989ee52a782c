import { type FastifyBaseLogger, fastify, LogController } from 'fastify';
import type { Registry } from 'prom-client';
import { type ClickHouse, createClickHouse } from '../platform/clickhouse.ts';
import { type Config, ConfigError, readConfig } from '../platform/config.ts';
import { addHealthRoutes } from '../platform/http/health.ts';
import { addMetrics } from '../platform/http/metrics-route.ts';
import { createLog, type Log } from '../platform/log.ts';
import type { LogStore } from '../platform/log-store/log-store.ts';
import { openLogStore } from '../platform/log-store/open.ts';
import { createMetrics } from '../platform/metrics.ts';
import { closePostgres, createPostgres } from '../platform/postgres.ts';
import { measureProcess } from '../platform/process-metrics.ts';
import type { RunningService } from '../platform/service.ts';
import { TOPICS } from '../schemas/topics.ts';
import { auditRollups } from './audit/audit.ts';
import { createClickHouseSink } from './clickhouse-sink.ts';
import { type Filing, fileDeadLetters } from './file-dead-letters.ts';
import { type AuditJob, type AuditSpan, startAuditJob } from './jobs/audit.ts';
import { followLag } from './lag.ts';
import { createProcessorMetrics, exportAudits, exportStats, measureSink } from './metrics.ts';
import { processors } from './registry.ts';
import { type Runner, startRunner } from './runner.ts';
import { type AnalyticsTuning, startAnalyticsTier } from './start-analytics.ts';
import { telemetryStreams } from './streams/registry.ts';

/** How the tier reaches its stores. */
export interface StorePorts {
  openLogStore: typeof openLogStore;
  createClickHouse: typeof createClickHouse;
}

/** Starts the tier as the environment says: every processor on the partitions it is given, dead letters, audits, health and metrics. */
export async function startProcessors(
  ports: StorePorts = { openLogStore, createClickHouse },
  tuning: AnalyticsTuning = {},
): Promise<RunningService> {
  const config = readConfig(process.env);
  const { clickhouseUrl, databaseUrl, host } = config;
  if (clickhouseUrl === undefined) {
    throw new ConfigError('CLICKHOUSE_URL is not set; expected the URL of ClickHouse, or run npm start');
  }
  const log = createLog('processors', config.logLevel);
  const clickhouse = ports.createClickHouse(clickhouseUrl, { application: 'tidemark processors' });
  const metrics = createMetrics(config);
  measureProcess(metrics.registry);
  const measured = createProcessorMetrics(metrics.registry);
  const opened = await ports.openLogStore(config);
  const logStore = followLag(opened, metrics.registry);
  const runner = await startRunner({
    logStore,
    sink: measureSink(createClickHouseSink(clickhouse), measured),
    processors,
    streams: telemetryStreams,
    log,
    stopsOnPoison: config.poisonStop,
    onDeadLetter: (reason) => measured.deadLetters.inc({ reason }),
  });
  exportStats(metrics.registry, runner.stats);
  exitOnFailure(runner, log);
  const filing = await startFiling(config, opened, log); // Its lag is not that of the events.
  if (filing !== undefined) exitOnFailure(filing, log);
  const { registry } = metrics;
  const analytics = await startAnalyticsTier({ databaseUrl, logStore: opened, clickhouse, registry, log, ...tuning });
  if (analytics !== undefined) exitOnFailure(analytics, log);
  const health = fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
  });
  addHealthRoutes(health, {
    clickhouse: () => clickhouse.ping(),
    log: async () => void (await logStore.bounds(TOPICS.events, 0)),
  });
  addMetrics(health, metrics);
  const audits = startAudits(config, { clickhouse, registry, log });
  const url = await health.listen({ host, port: config.processorsPort });
  return {
    urls: { processors: url },
    async stop() {
      await Promise.all([health.close(), audits?.stop(), filing?.stop(), analytics?.stop(), runner.stop()]);
      await Promise.all([logStore.close(), clickhouse.close()]);
    },
  };
}

interface AuditDeps {
  clickhouse: ClickHouse;
  registry: Registry;
  log: Log;
}

function startAudits({ auditCron: cron }: Config, { clickhouse, registry, log }: AuditDeps): AuditJob | undefined {
  if (cron === undefined) return undefined;
  const audit = (span: AuditSpan) => auditRollups(clickhouse, span);
  const job = startAuditJob({ cron, audit, log, now: Date.now });
  exportAudits(registry, job.stats);
  return job;
}

/** Without a control plane the dead letters stay in their topic until a process has one. */
async function startFiling({ databaseUrl }: Config, logStore: LogStore, log: Log): Promise<Filing | undefined> {
  if (databaseUrl === undefined) {
    log.warn('DATABASE_URL is not set: dead letters are kept in the log and not listed');
    return undefined;
  }
  const sql = createPostgres(databaseUrl, { max: 1, applicationName: 'tidemark processors' });
  const filing = await fileDeadLetters({ logStore, sql, log });
  const stop = async () => {
    await filing.stop();
    await closePostgres(sql);
  };
  return { done: filing.done, stop };
}

/** A partition nobody works on is worse than a restart: the supervisor starts the tier again. */
function exitOnFailure({ done }: Pick<Runner, 'done'>, log: Log): void {
  done.catch((error: unknown) => {
    log.fatal({ err: error }, 'cannot go on');
    process.exit(1);
  });
}
