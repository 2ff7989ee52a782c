import { schedule } from 'node-cron';
import type { Registry } from 'prom-client';
import type { ClickHouse } from '../platform/clickhouse.ts';
import type { Log } from '../platform/log.ts';
import type { LogStore } from '../platform/log-store/log-store.ts';
import { closePostgres, createPostgres } from '../platform/postgres.ts';
import type { AnalyticsLimits } from './analytics/analytics-limits.ts';
import { exportAnalytics } from './analytics/analytics-metrics.ts';
import { statefulProcessors } from './analytics/registry.ts';
import { createClickHouseRows } from './analytics/row-store.ts';
import { type Analytics, startAnalytics } from './analytics/runner.ts';
import { measuredTopics, measurementSources } from './analytics/sources.ts';
import { tick } from './analytics/ticks.ts';
import { followLag } from './lag.ts';
import { startSettingsRelay } from './settings/relay.ts';
import { createPostgresSnapshots } from './snapshots/postgres-snapshots.ts';

export interface AnalyticsTuning {
  limits?: Partial<AnalyticsLimits>;
  /** Whether this process tells the time in the log. Default true; a run that must make the same log again does not. */
  tellsTime?: boolean;
}

export interface AnalyticsTier extends AnalyticsTuning {
  databaseUrl: string | undefined;
  logStore: LogStore;
  clickhouse: ClickHouse;
  registry: Registry;
  log: Log;
}

const lag = {
  name: 'tidemark_analytics_lag_records',
  help: 'Records (requests) that are in the log and not yet in a snapshot of the stateful processors, for the partitions this process owns.',
};
/** Partitions share them; a snapshot has one for itself. */
const maxConnections = 4;
/** The pool takes its connections in turn: were it longer, the look for settings every two seconds would keep all of them open. */
const idleTimeoutSeconds = 3;
/** A few seconds after the full minute: what happened in it should have come. */
const tickCron = '5 * * * * *';
/** Once a day, long before the topics' retention: settings must not leave the log. */
const tellAllCron = '0 17 3 * * *';
const cronOptions = { timezone: 'Etc/UTC', noOverlap: true };

/** The stateful processors of the tier. Without a control plane their state would have no place: they wait in the log until a process has one. */
export async function startAnalyticsTier(tier: AnalyticsTier): Promise<Pick<Analytics, 'stop' | 'done'> | undefined> {
  const { databaseUrl, clickhouse, registry, log, limits = {}, tellsTime = true } = tier;
  if (databaseUrl === undefined) {
    log.warn('DATABASE_URL is not set: no rolling percentiles, SLOs, cases and anomalies are computed');
    return undefined;
  }
  const pool = { max: maxConnections, idleTimeoutSeconds, applicationName: 'tidemark analytics' };
  const sql = createPostgres(databaseUrl, pool);
  const analytics = await startAnalytics({
    logStore: followLag(tier.logStore, registry, lag),
    snapshots: createPostgresSnapshots(sql),
    rows: createClickHouseRows(clickhouse),
    processors: statefulProcessors,
    sources: measurementSources,
    log,
    limits,
  });
  exportAnalytics(registry, analytics);
  const now = Date.now;
  const relay = startSettingsRelay({ sql, logStore: tier.logStore, topics: measuredTopics, log, now });
  const jobs = [schedule(tellAllCron, () => relay.tellAll(), cronOptions)];
  if (tellsTime)
    jobs.push(schedule(tickCron, () => tick({ ...analytics, logStore: tier.logStore, log, now }), cronOptions));
  return {
    done: analytics.done,
    async stop() {
      await Promise.all([...jobs.map((job) => job.stop()), relay.stop()]);
      await analytics.stop();
      await closePostgres(sql);
    },
  };
}
