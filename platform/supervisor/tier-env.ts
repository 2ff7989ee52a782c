import type { Config, Env } from '../config.ts';
import type { StoreUrls } from './stores.ts';

export interface Ports {
  ingest: number;
  api: number;
  webhook: number;
  processors: number;
}

export interface TierEnvOptions {
  env: Env;
  config: Config;
  /** Absolute. */
  dataDir: string;
  stores: StoreUrls;
  ports: Ports;
  pepper: string;
  /** Of the JWTs that are accepted; absent where an identity provider publishes its keys. */
  jwtSecret?: string | undefined;
}

/** The environment of a tier: what the operator set, and where the stores and the other tiers are. Only a writer gets the writing user. */
export function tierEnv(options: TierEnvOptions, tier: { writesAnalytics: boolean }): Env {
  const { env, config, dataDir, stores, ports, pepper, jwtSecret } = options;
  return {
    ...env,
    TIDEMARK_DATA_DIR: dataDir,
    TIDEMARK_INGEST_PORT: String(ports.ingest),
    TIDEMARK_API_PORT: String(ports.api),
    TIDEMARK_WEBHOOK_PORT: String(ports.webhook),
    TIDEMARK_PROCESSORS_PORT: String(ports.processors),
    TIDEMARK_INGEST_URL: config.ingestUrl ?? `http://${reachable(config.host)}:${ports.ingest}`,
    TIDEMARK_KEY_PEPPER: pepper,
    ...(jwtSecret === undefined ? {} : { TIDEMARK_JWT_SECRET: jwtSecret }),
    ...(stores.logUrl === undefined ? {} : { TIDEMARK_LOG_URL: stores.logUrl }),
    CLICKHOUSE_URL: tier.writesAnalytics ? stores.clickhouseWriterUrl : stores.clickhouseReaderUrl,
    DATABASE_URL: stores.databaseUrl,
  };
}

/** A host one can connect to when the server listens on all addresses; in brackets when it is an IPv6 address. */
export function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
