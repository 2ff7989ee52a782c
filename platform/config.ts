import { isIP } from 'node:net';
import {
  adminKey,
  bearerToken,
  cluster,
  cron,
  type ListRule,
  networks,
  origins,
  quote,
  secret,
  type TextRule,
  withoutPassword,
} from './config-rules.ts';
import { dropUndefined } from './drop-undefined.ts';
import { type KafkaSettings, readKafkaSettings } from './kafka-config.ts';
import { parseRateLimits, type RateLimitSettings, rateLimitsExpected } from './rate-limit-config.ts';

export interface Config {
  /** Where the embedded stores keep their files; relative paths are relative to the working directory. */
  dataDir: string;
  host: string;
  /** Ports: 0 means any free one. */
  ingestPort: number;
  apiPort: number;
  webhookPort: number;
  processorsPort: number;
  adminKey?: string;
  /** HS256 secret; with neither this nor `jwksUrl` a secret is generated into the data directory. */
  jwtSecret?: string;
  jwksUrl?: string;
  jwtIssuer?: string;
  jwtAudience?: string;
  /** `host:port` each, never empty. */
  kafkaBrokers?: string[];
  /** Set beside `kafkaBrokers`. */
  kafka?: KafkaSettings;
  /** The embedded log server, `tidemark-log://<token>@127.0.0.1:<port>`. */
  logUrl?: string;
  clickhouseUrl?: string;
  /** Cluster of ClickHouse that tables are replicated in; absent: one server, plain tables. */
  clickhouseCluster?: string;
  databaseUrl?: string;
  /** Where query-api forwards the ingest routes. */
  ingestUrl?: string;
  webhookToken?: string;
  /** Networks that may post alerts, `address/bits` each. */
  webhookCidrs?: string[];
  webhookTenant?: string;
  /** Opens GET /metrics to those who present it as a bearer token. */
  metricsToken?: string;
  /** When the rollups of the last days are audited, UTC; absent: never. */
  auditCron?: string;
  /** Whether a flood of records that cannot be read stops the processors, instead of being set aside. */
  poisonStop: boolean;
  /** False: none; an object: requests a minute that differ from the usual ones. */
  rateLimits: boolean | Partial<RateLimitSettings>;
  requireHttps: boolean;
  /** Sites whose scripts may call the HTTP APIs, `https://host[:port]` each; absent: none. */
  corsOrigins?: string[];
  logLevel: LogLevel;
}

export type LogLevel = (typeof logLevels)[number];
export type Env = Readonly<Record<string, string | undefined>>;

/** A variable has a value the program cannot work with. The message names the variable, what it got and what it expects. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
const switchOn = ['on', '1', 'true'];
const switchOff = ['off', '0', 'false'];
const nightly = '17 3 * * *';
const minJwtSecretLength = 32;
const defaultPorts = {
  TIDEMARK_INGEST_PORT: 3001,
  TIDEMARK_API_PORT: 8080,
  TIDEMARK_WEBHOOK_PORT: 9093,
  TIDEMARK_PROCESSORS_PORT: 0,
};

/** Reads and checks every variable Tidemark knows. Throws {@link ConfigError} on the first bad one; a variable that is set but empty is bad. */
export function readConfig(env: Env): Config {
  checkPortsDiffer(env);
  return dropUndefined({
    dataDir: readText(env, 'TIDEMARK_DATA_DIR') ?? '.tidemark',
    host: readHost(env),
    ingestPort: readPort(env, 'TIDEMARK_INGEST_PORT'),
    apiPort: readPort(env, 'TIDEMARK_API_PORT'),
    webhookPort: readPort(env, 'TIDEMARK_WEBHOOK_PORT'),
    processorsPort: readPort(env, 'TIDEMARK_PROCESSORS_PORT'),
    adminKey: readMatching(env, 'TIDEMARK_ADMIN_KEY', adminKey),
    ...readJwt(env),
    kafkaBrokers: readBrokers(env),
    kafka: readKafka(env),
    logUrl: readUrl(env, 'TIDEMARK_LOG_URL', ['tidemark-log:']),
    clickhouseUrl: readUrl(env, 'CLICKHOUSE_URL', ['http:', 'https:']),
    clickhouseCluster: readCluster(env),
    databaseUrl: readUrl(env, 'DATABASE_URL', ['postgres:', 'postgresql:']),
    ingestUrl: readUrl(env, 'TIDEMARK_INGEST_URL', ['http:', 'https:']),
    webhookToken: readMatching(env, 'TIDEMARK_WEBHOOK_TOKEN', bearerToken),
    webhookCidrs: readList(env, 'TIDEMARK_WEBHOOK_CIDR', networks),
    webhookTenant: readText(env, 'TIDEMARK_WEBHOOK_TENANT'),
    metricsToken: readMatching(env, 'TIDEMARK_METRICS_TOKEN', bearerToken),
    auditCron: readAuditCron(env),
    poisonStop: readSwitch(env, 'TIDEMARK_POISON_STOP') ?? true,
    rateLimits: readRateLimits(env),
    requireHttps: readSwitch(env, 'TIDEMARK_REQUIRE_HTTPS') ?? false,
    corsOrigins: readList(env, 'TIDEMARK_CORS_ORIGINS', origins),
    logLevel: readLogLevel(env),
  });
}

function readText(env: Env, name: string): string | undefined {
  const value = env[name];
  if (value !== undefined && value.trim() === '') throw bad(name, 'empty', 'a value, or not to be set at all');
  return value;
}

function readMatching(env: Env, name: string, { pattern, expected, isSecret = false }: TextRule): string | undefined {
  const value = readText(env, name);
  if (value === undefined || pattern.test(value)) return value;
  throw bad(name, isSecret ? secret(value) : quote(value), expected);
}

function readPort(env: Env, name: keyof typeof defaultPorts): number {
  const value = readText(env, name);
  if (value === undefined) return defaultPorts[name];
  const port = Number(value);
  if (!/^\d{1,5}$/.test(value) || port > 65_535) {
    throw bad(name, quote(value), 'a port from 0 to 65535 (0 means any free one)');
  }
  return port;
}

function checkPortsDiffer(env: Env): void {
  const owners = new Map<number, string>();
  for (const name of Object.keys(defaultPorts) as (keyof typeof defaultPorts)[]) {
    const port = readPort(env, name);
    const owner = owners.get(port);
    if (port !== 0 && owner !== undefined) throw bad(name, String(port), `a port other than that of ${owner}`);
    owners.set(port, name);
  }
}

function readHost(env: Env): string {
  const value = readText(env, 'TIDEMARK_HOST') ?? '127.0.0.1';
  const isName = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(value);
  if (isIP(value) === 0 && !isName)
    throw bad('TIDEMARK_HOST', quote(value), 'an IP address or host name to listen on, such as 127.0.0.1');
  return value;
}

function readJwt(env: Env) {
  const jwtSecret = readText(env, 'TIDEMARK_JWT_SECRET');
  const jwksUrl = readUrl(env, 'TIDEMARK_JWKS_URL', ['http:', 'https:']);
  if (jwtSecret !== undefined && jwtSecret.length < minJwtSecretLength) {
    throw bad('TIDEMARK_JWT_SECRET', secret(jwtSecret), `at least ${minJwtSecretLength} characters`);
  }
  if (jwtSecret !== undefined && jwksUrl !== undefined) {
    throw bad('TIDEMARK_JWKS_URL', 'set together with TIDEMARK_JWT_SECRET', 'only one of the two');
  }
  const jwtIssuer = readText(env, 'TIDEMARK_JWT_ISSUER');
  const jwtAudience = readText(env, 'TIDEMARK_JWT_AUDIENCE');
  const unnamed = ['TIDEMARK_JWT_ISSUER', 'TIDEMARK_JWT_AUDIENCE'].find((name) => env[name] === undefined);
  if (jwksUrl !== undefined && unnamed !== undefined) {
    throw bad(unnamed, 'not set', 'what the tokens of the provider at TIDEMARK_JWKS_URL carry');
  }
  return { jwtSecret, jwksUrl, jwtIssuer, jwtAudience };
}

function readAuditCron(env: Env): string | undefined {
  const value = readMatching(env, 'TIDEMARK_AUDIT_CRON', cron) ?? nightly;
  return value.toLowerCase() === 'off' ? undefined : value;
}

function readCluster(env: Env): string | undefined {
  const name = 'TIDEMARK_CLICKHOUSE_CLUSTER';
  const value = readMatching(env, name, cluster);
  if (value !== undefined && env.CLICKHOUSE_URL === undefined) {
    throw bad(name, quote(value), 'CLICKHOUSE_URL beside it: embedded engines form no cluster');
  }
  return value;
}

function readBrokers(env: Env): string[] | undefined {
  return readList(env, 'KAFKA_BROKERS', {
    isItem: (broker) => /^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+):([1-9]\d{0,4})$/.test(broker),
    expected: 'host:port pairs separated by commas',
  });
}

function readKafka(env: Env): KafkaSettings | undefined {
  const settings = readKafkaSettings({
    text: (name) => readText(env, name),
    flag: (name) => readSwitch(env, name),
    bad,
  });
  return env.KAFKA_BROKERS === undefined ? undefined : settings;
}

function readList(env: Env, name: string, rule: ListRule) {
  const value = readText(env, name);
  if (value === undefined) return undefined;
  const items = value.split(',').map((item) => item.trim());
  if (!items.every(rule.isItem)) throw bad(name, quote(value), rule.expected);
  return items;
}

function readUrl(env: Env, name: string, protocols: string[]): string | undefined {
  const value = readText(env, name);
  if (value === undefined) return undefined;
  const url = URL.parse(value);
  if (url === null || !protocols.includes(url.protocol) || url.hostname === '') {
    throw bad(
      name,
      quote(withoutPassword(value)),
      `a URL beginning with ${protocols.map((p) => `${p}//`).join(' or ')}`,
    );
  }
  return value;
}

function readSwitch(env: Env, name: string): boolean | undefined {
  const value = readText(env, name)?.toLowerCase();
  if (value === undefined) return undefined;
  if (switchOn.includes(value)) return true;
  if (switchOff.includes(value)) return false;
  throw bad(name, quote(value), 'on or off');
}

function readRateLimits(env: Env): Config['rateLimits'] {
  const value = readText(env, 'TIDEMARK_RATE_LIMITS') ?? 'on';
  const limits = parseRateLimits(value.toLowerCase());
  if (limits === undefined) throw bad('TIDEMARK_RATE_LIMITS', quote(value), rateLimitsExpected);
  return limits;
}

function readLogLevel(env: Env): LogLevel {
  const value = readText(env, 'TIDEMARK_LOG_LEVEL') ?? 'info';
  const level = logLevels.find((known) => known === value);
  if (level === undefined) throw bad('TIDEMARK_LOG_LEVEL', quote(value), `one of ${logLevels.join(', ')}`);
  return level;
}

function bad(name: string, got: string, expected: string): ConfigError {
  return new ConfigError(`${name} is ${got}; expected ${expected}`);
}
