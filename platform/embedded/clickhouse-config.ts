import { createHash } from 'node:crypto';

export interface ClickHouseSettings {
  /** Absolute path of the directory the engine and its files live in. */
  dir: string;
  /** Upper bound of the engine's memory in bytes. */
  maxMemoryBytes: number;
  cores: number;
  writerPassword: string;
  readerPassword: string;
  /** Keeps every statement for three days in system.query_log, for audits. */
  queryLog: boolean;
}

export const writerUser = 'tidemark_writer';
export const readerUser = 'tidemark_reader';
export const clickhouseDatabase = 'tidemark';
/** The writer may create and drop databases whose names begin with this, and no others. */
export const replayDatabasePrefix = 'tidemark_replay_';

/** What the reader may read. Every one has a column `tenant`. */
export const readerTables = [
  'events',
  'measurements_1m',
  'measurements_1h',
  'measurements_1d',
  'measurements_by_dimensions_1h',
  'measurements_by_dimensions_1d',
  'rolling_percentiles',
  'points',
  'logs',
  'deployments',
  'service_edges',
  'alerts',
  'slo_events',
  'anomalies',
  'cases',
];
/**
 * The rows a reader's query sees: those of the tenants its setting `log_comment` names, separated by commas (`*`: all), and none without it.
 * A query that forgot its own predicate shows nobody anything foreign. The primary key is used for this condition too.
 */
export const readerRowFilter =
  "getSetting('log_comment') = '*' OR tenant IN splitByChar(',', getSetting('log_comment'))";

const mib = 1024 * 1024;
const readerMaxSeconds = 60;
const readerMaxResultRows = 1_000_000;
const readerMemoryShare = 0.5;

/** The engine's configuration file: caches and pools of a laptop, a bounded log, and an HTTP door that opens only with full credentials. */
export function renderServerConfig(settings: ClickHouseSettings): string {
  const mergeThreads = Math.min(Math.max(settings.cores, 2), 8);
  return `<clickhouse>
  <log-level>warning</log-level>
  <logger><log>${settings.dir}/logs/clickhouse.log</log><size>5M</size><count>2</count></logger>
  <users_config>${settings.dir}/users.xml</users_config>
  <send_crash_reports><enabled>0</enabled></send_crash_reports>

  <max_server_memory_usage>${settings.maxMemoryBytes}</max_server_memory_usage>
  <mark_cache_size>${64 * mib}</mark_cache_size>
  <primary_index_cache_size>${64 * mib}</primary_index_cache_size>
  <index_mark_cache_size>${16 * mib}</index_mark_cache_size>
  <compiled_expression_cache_size>${16 * mib}</compiled_expression_cache_size>
  <uncompressed_cache_size>0</uncompressed_cache_size>
  <page_cache_max_size>0</page_cache_max_size>
  <mmap_cache_size>100</mmap_cache_size>

  <max_connections>200</max_connections>
  <max_concurrent_queries>100</max_concurrent_queries>
  <max_thread_pool_size>400</max_thread_pool_size>
  <max_thread_pool_free_size>16</max_thread_pool_free_size>
  <max_io_thread_pool_size>8</max_io_thread_pool_size>
  <background_pool_size>${mergeThreads}</background_pool_size>
  <background_merges_mutations_concurrency_ratio>2</background_merges_mutations_concurrency_ratio>
  <background_common_pool_size>2</background_common_pool_size>
  <background_move_pool_size>1</background_move_pool_size>
  <background_fetches_pool_size>1</background_fetches_pool_size>
  <background_schedule_pool_size>4</background_schedule_pool_size>
  <memory_worker_period_ms>1000</memory_worker_period_ms>
  <asynchronous_metrics_update_period_s>60</asynchronous_metrics_update_period_s>

${settings.queryLog ? queryLogTable : ''}
  <!-- The defaults assume a pool of 32: with a smaller one they would keep large merges and mutations waiting for ever. -->
  <merge_tree>
    <number_of_free_entries_in_pool_to_lower_max_size_of_merge>2</number_of_free_entries_in_pool_to_lower_max_size_of_merge>
    <number_of_free_entries_in_pool_to_execute_mutation>1</number_of_free_entries_in_pool_to_execute_mutation>
    <number_of_free_entries_in_pool_to_execute_optimize_entire_partition>1</number_of_free_entries_in_pool_to_execute_optimize_entire_partition>
  </merge_tree>

  <!-- The engine's own session needs the user default without a password. No request reaches it: a request without the exact credentials of ours finds no handler. -->
  <http_handlers>
    <rule>
      <methods>GET</methods>
      <url>/ping</url>
      <handler><type>static</type><status>200</status><content_type>text/plain</content_type><response_content>Ok.</response_content></handler>
    </rule>
    <rule>
      <methods>GET,POST</methods>
      <headers><Authorization>regex:${credentialPattern(settings)}</Authorization></headers>
      <handler><type>dynamic_query_handler</type><query_param_name>query</query_param_name></handler>
    </rule>
  </http_handlers>
</clickhouse>
`;
}

// System log tables exist only where the configuration names them: there are no others.
const queryLogTable = `
  <query_log>
    <database>system</database><table>query_log</table>
    <ttl>event_date + INTERVAL 3 DAY DELETE</ttl>
    <flush_interval_milliseconds>5000</flush_interval_milliseconds>
  </query_log>
`;

/** The users file: default may only open the listener, the writer owns the database, the reader reads it within limits. */
export function renderUsers(settings: ClickHouseSettings): string {
  const readerBytes = Math.floor(settings.maxMemoryBytes * readerMemoryShare);
  return `<clickhouse>
  <profiles>
    <default><log_queries>${settings.queryLog ? 1 : 0}</log_queries></default>
    <writer><log_queries>${settings.queryLog ? 1 : 0}</log_queries></writer>
    <reader>
      <readonly>2</readonly>
      <log_queries>${settings.queryLog ? 1 : 0}</log_queries>
      <max_execution_time>30</max_execution_time>
      <max_memory_usage>${readerBytes}</max_memory_usage>
      <max_result_rows>${readerMaxResultRows}</max_result_rows>
      <cancel_http_readonly_queries_on_client_close>1</cancel_http_readonly_queries_on_client_close>
      <constraints>
        <max_execution_time><min>1</min><max>${readerMaxSeconds}</max></max_execution_time>
        <max_memory_usage><min>1</min><max>${readerBytes}</max></max_memory_usage>
        <max_result_rows><min>1</min><max>${readerMaxResultRows}</max></max_result_rows>
      </constraints>
    </reader>
  </profiles>
  <quotas><default/></quotas>
  <users>
${renderUser('default', { profile: 'default', login: '<no_password/>', grants: engineGrants })}
${renderUser(writerUser, { profile: 'writer', login: sha256(settings.writerPassword), grants: writerGrants })}
${renderUser(readerUser, { profile: 'reader', login: sha256(settings.readerPassword), grants: readerGrants, rowFilters })}
  </users>
</clickhouse>
`;
}

const engineGrants = ['SYSTEM LISTEN ON *.*', 'CREATE TEMPORARY TABLE ON *.*', 'READ ON FILE'];

const writerGrants = [
  // Databases of replays, which are dropped at their end.
  `ALL ON ${replayDatabasePrefix}*.*`,
  `ALL ON ${clickhouseDatabase}.*`,
  'SELECT ON system.*',
  'SELECT ON information_schema.*',
  'CREATE TEMPORARY TABLE ON *.*',
  'TABLE ENGINE ON *',
  'KILL QUERY ON *.*',
  'SYSTEM FLUSH ON *.*',
  'SYSTEM DROP CACHE ON *.*',
  `SET DEFINER ON ${writerUser}`,
];

const readerGrants = readerTables.map((table) => `SELECT ON ${clickhouseDatabase}.${table}`);
const rowFilters = readerTables.map((table) => `<${table}><filter>${readerRowFilter}</filter></${table}>`).join('');

interface User {
  profile: string;
  login: string;
  grants: string[];
  rowFilters?: string;
}

function renderUser(name: string, user: User): string {
  const grants = user.grants.map((grant) => `<query>GRANT ${grant}</query>`).join('');
  const filters =
    user.rowFilters === undefined
      ? ''
      : `<databases><${clickhouseDatabase}>${user.rowFilters}</${clickhouseDatabase}></databases>`;
  return `    <${name}>${user.login}<networks><ip>127.0.0.1</ip></networks><profile>${user.profile}</profile><quota>default</quota><grants>${grants}</grants>${filters}</${name}>`;
}

function sha256(password: string): string {
  return `<password_sha256_hex>${createHash('sha256').update(password).digest('hex')}</password_sha256_hex>`;
}

function credentialPattern({ writerPassword, readerPassword }: ClickHouseSettings): string {
  const tokens = [`${writerUser}:${writerPassword}`, `${readerUser}:${readerPassword}`].map((pair) =>
    Buffer.from(pair).toString('base64').replaceAll('+', '\\+'),
  );
  return `Basic (${tokens.join('|')})`;
}
