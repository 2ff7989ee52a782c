import { mkdir } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import type { Log } from '../log.ts';
import {
  type ClickHouseSettings,
  clickhouseDatabase,
  readerUser,
  renderServerConfig,
  renderUsers,
  writerUser,
} from './clickhouse-config.ts';
import { type Engine, EngineStartError, spawnEngine, waitUntilReady } from './engine-process.ts';
import { findFreePort } from './free-port.ts';
import { readOrCreateSecrets, writePrivateFile } from './secret-file.ts';

export interface ClickHouseServer extends Engine {
  port: number;
  /** `http://127.0.0.1:<port>` without credentials: answers `/ping`. */
  url: string;
  /** Owns the database `tidemark`. */
  writerUrl: string;
  /** Reads the database `tidemark` within limits of time, memory and rows. */
  readerUrl: string;
}

export interface ClickHouseServerOptions {
  /** The data directory of Tidemark; the engine lives in `clickhouse/` below it. */
  dataDir: string;
  log: Log;
  /** Default 0: any free one. */
  port?: number;
  /** Default off: keeps every statement for three days in system.query_log. */
  queryLog?: boolean;
}

const memoryShare = 0.4;
const minMemoryBytes = 768 * 1024 * 1024;
const bootDeadlineMs = 30_000;
const maxAttempts = 12;
const retryPauseMs = 250;
/** The port was taken between choosing and binding it; or the engine of a killed parent is still on its way out. */
const passing = /Address already in use|Cannot lock file|Another server instance/;

/** Starts the embedded ClickHouse as an HTTP server on loopback and creates the database. Throws {@link EngineStartError}. */
export async function startClickHouse(options: ClickHouseServerOptions): Promise<ClickHouseServer> {
  const dir = resolve(options.dataDir, 'clickhouse');
  const settings = await prepareDirectory(dir, options.queryLog ?? false);
  for (let attempt = 1; ; attempt++) {
    const port = options.port || (await findFreePort());
    try {
      return await startOnce({ settings, port, log: options.log });
    } catch (error) {
      if (!(error instanceof EngineStartError)) throw error;
      if (attempt === maxAttempts || !passing.test(error.message)) {
        throw new EngineStartError(`ClickHouse ${error.message}`, { cause: error.cause });
      }
      await new Promise((wake) => setTimeout(wake, retryPauseMs));
    }
  }
}

/** The engine's share of the machine's memory, or of the control group's, in bytes. */
export function memoryLimitBytes(machineBytes = totalmem(), groupBytes = process.constrainedMemory()): number {
  const available = groupBytes > 0 ? Math.min(machineBytes, groupBytes) : machineBytes;
  return Math.max(Math.floor(available * memoryShare), minMemoryBytes);
}

async function prepareDirectory(dir: string, queryLog: boolean): Promise<ClickHouseSettings> {
  await mkdir(join(dir, 'logs'), { recursive: true, mode: 0o700 });
  await mkdir(join(dir, 'data'), { recursive: true, mode: 0o700 });
  const { writer, reader } = await readOrCreateSecrets(join(dir, 'passwords.json'), ['writer', 'reader']);
  const settings = {
    dir,
    maxMemoryBytes: memoryLimitBytes(),
    cores: availableParallelism(),
    writerPassword: writer,
    readerPassword: reader,
    queryLog,
  };
  await writePrivateFile(join(dir, 'config.xml'), renderServerConfig(settings));
  await writePrivateFile(join(dir, 'users.xml'), renderUsers(settings));
  return settings;
}

async function startOnce(run: { settings: ClickHouseSettings; port: number; log: Log }): Promise<ClickHouseServer> {
  const { settings, port, log } = run;
  const entry = new URL('./clickhouse-main.ts', import.meta.url);
  const engine = spawnEngine({ entry, args: [settings.dir, String(port)], log });
  const credentials = Buffer.from(`${writerUser}:${settings.writerPassword}`).toString('base64');
  // A connection kept alive would hold up the engine's shutdown.
  const headers = { authorization: `Basic ${credentials}`, connection: 'close' };
  // Creating the database as the writer proves that it is our engine that answers, and not another program on that port.
  const isReady = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/`, {
      method: 'POST',
      headers,
      body: `CREATE DATABASE IF NOT EXISTS ${clickhouseDatabase} ENGINE = Atomic`,
      signal: AbortSignal.timeout(bootDeadlineMs),
    }).catch(() => undefined);
    await answer?.body?.cancel();
    return answer?.ok === true;
  };
  try {
    await waitUntilReady(engine, isReady, bootDeadlineMs);
  } catch (error) {
    await engine.stop();
    throw error;
  }
  const urlOf = (user: string, password: string) =>
    `http://${user}:${password}@127.0.0.1:${port}/${clickhouseDatabase}`;
  return {
    ...engine,
    port,
    url: `http://127.0.0.1:${port}`,
    writerUrl: urlOf(writerUser, settings.writerPassword),
    readerUrl: urlOf(readerUser, settings.readerPassword),
  };
}
