import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Log } from '../log.ts';
import { type Engine, EngineStartError, spawnEngine, waitUntilReady } from './engine-process.ts';
import { findFreePort } from './free-port.ts';
import { initPostgres } from './postgres-init.ts';
import { findPostgres } from './postgres-package.ts';
import { readPostmaster, stopStalePostgres } from './postmaster-file.ts';
import { readOrCreateSecrets } from './secret-file.ts';
import { findUnprivileged, handOver } from './unprivileged.ts';

export interface PostgresServer extends Engine {
  port: number;
  /** `postgres://tidemark:<password>@127.0.0.1:<port>/tidemark`; the role owns the database and is no superuser. */
  url: string;
}

export interface PostgresServerOptions {
  /** The data directory of Tidemark; the engine lives in `postgres/` below it. */
  dataDir: string;
  log: Log;
  /** Default 0: any free one. */
  port?: number;
}

const role = 'tidemark';
const database = 'tidemark';
const bootDeadlineMs = 30_000;
const maxAttempts = 12;
const retryPauseMs = 250;
/** The port was taken between choosing and binding it; or processes of a killed predecessor are still on their way out. */
const passing =
  /could not create any TCP\/IP sockets|pre-existing shared memory block|lock file "postmaster.pid" already exists/;

/** Settings of a control plane on a laptop: a few dozen connections, little memory, no replication, no parallel workers. */
const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '50',
  shared_buffers: '32MB',
  max_wal_size: '256MB',
  min_wal_size: '32MB',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_logical_replication_workers: '0',
  max_parallel_workers: '0',
  autovacuum_max_workers: '1',
  io_method: 'sync',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  // A statement in the log could carry a credential.
  log_min_error_statement: 'panic',
};

/** Starts the embedded PostgreSQL on loopback with the role and the database `tidemark`. Throws {@link EngineStartError}. */
export async function startPostgres(options: PostgresServerOptions): Promise<PostgresServer> {
  try {
    return await prepareAndStart(options);
  } catch (error) {
    if (error instanceof EngineStartError) {
      throw new EngineStartError(`PostgreSQL ${error.message}`, { cause: error.cause });
    }
    throw error;
  }
}

async function prepareAndStart({ dataDir, log, port }: PostgresServerOptions): Promise<PostgresServer> {
  const dir = resolve(dataDir, 'postgres');
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const programs = await findPostgres();
  const unprivileged = await findUnprivileged(programs.postgres);
  const { password } = await readOrCreateSecrets(join(dir, 'password.json'), ['password']);
  const cluster = await initPostgres({ dir, programs, unprivileged, role, database, password });
  await stopStalePostgres(cluster);
  await handOver(dir, unprivileged);
  const command = [...unprivileged.prefix, programs.postgres, '-D', cluster];
  for (let attempt = 1; ; attempt++) {
    const chosen = port || (await findFreePort());
    try {
      const engine = await startOnce({ command, uid: unprivileged.uid, cluster, port: chosen, log });
      return { ...engine, port: chosen, url: `postgres://${role}:${password}@127.0.0.1:${chosen}/${database}` };
    } catch (error) {
      const isPassing = error instanceof EngineStartError && passing.test(error.message);
      if (attempt === maxAttempts || !isPassing) throw error;
      await new Promise((wake) => setTimeout(wake, retryPauseMs));
    }
  }
}

interface PostgresRun {
  command: readonly string[];
  uid: number | undefined;
  cluster: string;
  port: number;
  log: Log;
}

async function startOnce({ command, uid, cluster, port, log }: PostgresRun): Promise<Engine> {
  const flags = Object.entries({ ...settings, port }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const entry = new URL('./postgres-main.sh', import.meta.url);
  const previous = await readPostmaster(cluster);
  const engine = spawnEngine({ entry, args: [...command, ...flags], log, uid });
  const isReady = async () => {
    const present = await readPostmaster(cluster);
    // What a killed predecessor left behind says ready, too.
    const isNew = present?.pid !== previous?.pid || present?.startedAt !== previous?.startedAt;
    return isNew && present?.isReady === true && present.port === port;
  };
  try {
    await waitUntilReady(engine, isReady, bootDeadlineMs);
  } catch (error) {
    await engine.stop();
    throw error;
  }
  return engine;
}
