import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClickHouse, createClickHouse } from '../../platform/clickhouse.ts';
import {
  clickhouseDatabase,
  readerTables,
  readerUser,
  renderServerConfig,
  renderUsers,
  writerUser,
} from '../../platform/embedded/clickhouse-config.ts';
import { type Engine, spawnEngine, waitUntilReady } from '../../platform/embedded/engine-process.ts';
import { findFreePort } from '../../platform/embedded/free-port.ts';
import { createDistributedTables } from '../../platform/migrate/distributed-tables.ts';
import { migrateClickHouse } from '../../platform/migrate/migrate-clickhouse.ts';
import { readMigrations } from '../../platform/migrate/migration-files.ts';
import { silentLog } from './control-plane.ts';

/** One engine of several, with the same migrations as the others. */
export interface Shard {
  /** The writer, on the tables of this shard alone. */
  own: ClickHouse;
  /** The reader, on the tables of all shards. */
  all: ClickHouse;
}

export interface Shards {
  shards: Shard[];
  stop(): Promise<void>;
}

interface Plan {
  dir: string;
  port: number;
  tcpPort: number;
}

const cluster = 'tidemark';
const distributedDatabase = 'tidemark_all';
const passwords = { writerPassword: 'writer', readerPassword: 'reader' };
const maxMemoryBytes = 1024 ** 3;
const bootDeadlineMs = 30_000;
const entry = new URL('../../platform/embedded/clickhouse-main.ts', import.meta.url);
const migrations = join(import.meta.dirname, '../../sql/clickhouse/migrations');

/** Several real engines that know each other as the shards of one cluster. */
export async function startShards(count: number): Promise<Shards> {
  const root = await mkdtemp(join(tmpdir(), 'tidemark-shards-'));
  const plans = await Promise.all(Array.from({ length: count }, (_, index) => plan(join(root, String(index)))));
  const engines = await Promise.all(plans.map((one) => start(one, plans)));
  const shards = plans.map(({ port }) => ({
    own: createClickHouse(urlOf(port, writerUser, clickhouseDatabase)),
    all: createClickHouse(urlOf(port, readerUser, distributedDatabase)),
  }));
  const files = await readMigrations(migrations);
  for (const { own } of shards) {
    await migrateClickHouse(own, files);
    await createDistributedTables(own, { database: clickhouseDatabase, distributedDatabase, cluster });
  }
  return {
    shards,
    async stop() {
      await Promise.all(shards.flatMap(({ own, all }) => [own.close(), all.close()]));
      await Promise.all(engines.map((engine) => engine.stop()));
      await rm(root, { recursive: true, force: true });
    },
  };
}

async function plan(dir: string): Promise<Plan> {
  const [port, tcpPort] = await Promise.all([findFreePort(), findFreePort()]);
  return { dir, port, tcpPort };
}

async function start({ dir, port, tcpPort }: Plan, all: readonly Plan[]): Promise<Engine> {
  await mkdir(join(dir, 'logs'), { recursive: true });
  await mkdir(join(dir, 'data'));
  const settings = { dir, maxMemoryBytes, cores: 2, queryLog: false, ...passwords };
  await writeFile(join(dir, 'config.xml'), addToConfig(renderServerConfig(settings), renderCluster(all)));
  await writeFile(join(dir, 'users.xml'), letShardsAsk(renderUsers(settings)));
  const engine = spawnEngine({ entry, args: [dir, String(port), String(tcpPort)], log: silentLog });
  await waitUntilReady(engine, () => isUp(port), bootDeadlineMs);
  return engine;
}

/** Shards show each other a secret and work for the user who asked, within that user's limits and row filters. */
function renderCluster(all: readonly Plan[]): string {
  const shards = all.map(
    ({ tcpPort }) => `<shard><replica><host>127.0.0.1</host><port>${tcpPort}</port></replica></shard>`,
  );
  return `<remote_servers><${cluster}><secret>between-shards</secret>${shards.join('')}</${cluster}></remote_servers>`;
}

const addToConfig = (config: string, xml: string): string =>
  config.replace(/<\/clickhouse>\s*$/, `${xml}</clickhouse>`);

/**
 * What users need beside: the tables over all shards, and no lower bound of the result, because one shard asks another without any limit of
 * it and would get one row.
 */
function letShardsAsk(users: string): string {
  const reads = readerTables.map((table) => `<query>GRANT SELECT ON ${distributedDatabase}.${table}</query>`);
  return users
    .replace('<max_result_rows><min>1</min>', '<max_result_rows><min>0</min>')
    .replace(
      new RegExp(`</grants>(?=</${writerUser}>)`),
      `<query>GRANT ALL ON ${distributedDatabase}.*</query><query>GRANT READ, WRITE ON REMOTE</query></grants>`,
    )
    .replace(new RegExp(`(<${readerUser}>.*?)</grants>`), `$1${reads.join('')}</grants>`);
}

/** Creates the database of the migrations: the answer comes when the engine is up. */
async function isUp(port: number): Promise<boolean> {
  const client = createClickHouse(urlOf(port, writerUser, ''));
  const created = client.command(`CREATE DATABASE IF NOT EXISTS ${clickhouseDatabase} ENGINE = Atomic`);
  return created
    .then(
      () => true,
      () => false,
    )
    .finally(() => client.close());
}

function urlOf(port: number, user: string, database: string): string {
  const password = user === writerUser ? passwords.writerPassword : passwords.readerPassword;
  return `http://${user}:${password}@127.0.0.1:${port}/${database}`;
}
