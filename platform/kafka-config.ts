/** How to reach Kafka and what its topics look like, beside the brokers themselves. */
export interface KafkaSettings {
  clientId: string;
  ssl: boolean;
  /** Path of a PEM file: the authorities that may have signed the brokers' certificates, instead of the public ones. */
  sslCa?: string;
  sasl?: KafkaSasl;
  /** Begins the names of topics and groups, for a cluster that is shared. */
  prefix: string;
  replicationFactor: number;
  minInSyncReplicas: number;
  /** How long a consumer may be silent before its partitions go to others, milliseconds. Default 30 s. */
  sessionTimeoutMs?: number;
}

export interface KafkaSasl {
  mechanism: (typeof MECHANISMS)[number];
  username: string;
  password: string;
}

/** What reading needs of the rest of the configuration. */
export interface EnvReader {
  text(name: string): string | undefined;
  flag(name: string): boolean | undefined;
  /** The error for a value that cannot be used. */
  bad(name: string, got: string, expected: string): Error;
}

const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;
const MAX_REPLICAS = 32;
/** Shorter, and a partition could move while a statement sent before is still allowed to begin (5 s after its confirmation, which is at most 5 s old). */
export const MIN_SESSION_TIMEOUT_MS = 10_000;
/** Longer is more than brokers allow by default. */
const MAX_SESSION_TIMEOUT_MS = 300_000;
const KAFKA_NAME = /^[A-Za-z0-9._-]{1,100}$/;

/** Reads the KAFKA_ variables except KAFKA_BROKERS. The default replication is that of a cluster of three: 3 copies, 2 in sync. */
export function readKafkaSettings(env: EnvReader): KafkaSettings {
  const replicationFactor = readCount(env, 'KAFKA_REPLICATION_FACTOR', 3);
  const minInSyncReplicas = readCount(env, 'KAFKA_MIN_INSYNC_REPLICAS', Math.max(1, replicationFactor - 1));
  if (minInSyncReplicas > replicationFactor) {
    const expected = `at most KAFKA_REPLICATION_FACTOR, which is ${replicationFactor}`;
    throw env.bad('KAFKA_MIN_INSYNC_REPLICAS', String(minInSyncReplicas), expected);
  }
  const sasl = readSasl(env);
  const sessionTimeoutMs = readSessionTimeout(env);
  const ssl = env.flag('KAFKA_SSL') ?? false;
  const sslCa = env.text('KAFKA_SSL_CA');
  if (sslCa !== undefined && !ssl) throw env.bad('KAFKA_SSL_CA', JSON.stringify(sslCa), 'KAFKA_SSL=on beside it');
  return {
    clientId: readName(env, 'KAFKA_CLIENT_ID') ?? 'tidemark',
    ssl,
    ...(sslCa === undefined ? {} : { sslCa }),
    ...(sasl === undefined ? {} : { sasl }),
    prefix: readName(env, 'KAFKA_PREFIX') ?? '',
    replicationFactor,
    minInSyncReplicas,
    ...(sessionTimeoutMs === undefined ? {} : { sessionTimeoutMs }),
  };
}

function readSessionTimeout(env: EnvReader): number | undefined {
  const text = env.text('KAFKA_SESSION_TIMEOUT_MS');
  if (text === undefined) return undefined;
  const timeoutMs = Number(text);
  if (/^\d{1,6}$/.test(text) && timeoutMs >= MIN_SESSION_TIMEOUT_MS && timeoutMs <= MAX_SESSION_TIMEOUT_MS)
    return timeoutMs;
  const expected = `milliseconds from ${MIN_SESSION_TIMEOUT_MS} to ${MAX_SESSION_TIMEOUT_MS}`;
  throw env.bad('KAFKA_SESSION_TIMEOUT_MS', JSON.stringify(text), expected);
}

function readSasl(env: EnvReader): KafkaSasl | undefined {
  const [username, password] = [env.text('KAFKA_SASL_USERNAME'), env.text('KAFKA_SASL_PASSWORD')];
  const given = env.text('KAFKA_SASL_MECHANISM')?.toLowerCase();
  if (given === undefined && username === undefined && password === undefined) return undefined;
  if (username === undefined)
    throw env.bad('KAFKA_SASL_USERNAME', 'not set', 'a user name beside the other KAFKA_SASL_');
  if (password === undefined)
    throw env.bad('KAFKA_SASL_PASSWORD', 'not set', 'a password beside the other KAFKA_SASL_');
  const mechanism = MECHANISMS.find((known) => known === (given ?? 'plain'));
  if (!mechanism) throw env.bad('KAFKA_SASL_MECHANISM', JSON.stringify(given), `one of ${MECHANISMS.join(', ')}`);
  return { mechanism, username, password };
}

function readCount(env: EnvReader, name: string, byDefault: number): number {
  const text = env.text(name);
  if (text === undefined) return byDefault;
  const count = Number(text);
  if (!/^\d{1,3}$/.test(text) || count < 1 || count > MAX_REPLICAS) {
    throw env.bad(name, JSON.stringify(text), `a number from 1 to ${MAX_REPLICAS}`);
  }
  return count;
}

function readName(env: EnvReader, name: string): string | undefined {
  const text = env.text(name);
  if (text === undefined || KAFKA_NAME.test(text)) return text;
  throw env.bad(name, JSON.stringify(text), 'letters, digits, dots, underscores and hyphens');
}
