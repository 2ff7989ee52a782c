import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, ConfigError } from '../config.ts';
import { writePrivateFile } from '../embedded/secret-file.ts';
import type { LogConfig } from '../log-store/open.ts';
import type { StoreUrls } from './stores.ts';

const fileName = 'endpoints.json';

/** Where the stores of the running pipeline are, for tools on the same data directory: with passwords, so only its owner can read it. */
export async function writeEndpoints(dataDir: string, stores: StoreUrls): Promise<void> {
  const { logUrl, clickhouseWriterUrl, clickhouseReaderUrl, databaseUrl } = stores;
  const endpoints = { logUrl, clickhouseWriterUrl, clickhouseReaderUrl, databaseUrl };
  await writePrivateFile(join(dataDir, fileName), `${JSON.stringify(endpoints, null, 2)}\n`);
}

export function removeEndpoints(dataDir: string): void {
  rmSync(join(dataDir, fileName), { force: true });
}

/**
 * ClickHouse for a tool that writes: that of `CLICKHOUSE_URL`, else that of the pipeline running on the data directory. Throws ConfigError
 * when there is neither. A pipeline that was killed leaves its address behind; nothing answers there.
 */
export function findClickHouse({ clickhouseUrl, dataDir }: Pick<Config, 'clickhouseUrl' | 'dataDir'>): string {
  const url = clickhouseUrl ?? readEndpoints(dataDir)?.clickhouseWriterUrl;
  if (url !== undefined) return url;
  throw new ConfigError(
    `CLICKHOUSE_URL is not set and no pipeline is running on ${dataDir}; start it, or set CLICKHOUSE_URL or TIDEMARK_DATA_DIR`,
  );
}

/** The control plane for a tool: that of `DATABASE_URL`, else that of the pipeline running on the data directory. Throws ConfigError when there is neither. */
export function findPostgres({ databaseUrl, dataDir }: Pick<Config, 'databaseUrl' | 'dataDir'>): string {
  const url = databaseUrl ?? readEndpoints(dataDir)?.databaseUrl;
  if (url !== undefined) return url;
  throw new ConfigError(
    `DATABASE_URL is not set and no pipeline is running on ${dataDir}; start it, or set DATABASE_URL or TIDEMARK_DATA_DIR`,
  );
}

/** The log for a tool: that which is configured, else that of the pipeline running on the data directory. Throws ConfigError when there is neither. */
export function findLog(config: LogConfig & Pick<Config, 'dataDir'>): LogConfig {
  if (config.kafkaBrokers !== undefined || config.logUrl !== undefined) return config;
  const logUrl = readEndpoints(config.dataDir)?.logUrl;
  if (logUrl !== undefined) return { ...config, logUrl };
  throw new ConfigError(
    `neither KAFKA_BROKERS nor TIDEMARK_LOG_URL is set and no pipeline with a log of its own is running on ${config.dataDir}; start it, or set one of them or TIDEMARK_DATA_DIR`,
  );
}

function readEndpoints(dataDir: string): StoreUrls | undefined {
  const path = join(dataDir, fileName);
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as StoreUrls;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`cannot read ${path}`, { cause: error });
  }
}
