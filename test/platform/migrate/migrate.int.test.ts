import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ClickHouse, createClickHouse } from '../../../platform/clickhouse.ts';
import { type ClickHouseServer, startClickHouse } from '../../../platform/embedded/clickhouse-server.ts';
import { type PostgresServer, startPostgres } from '../../../platform/embedded/postgres-server.ts';
import { clusterStatement } from '../../../platform/migrate/cluster-statement.ts';
import { migrate } from '../../../platform/migrate/migrate.ts';
import { readMigrations } from '../../../platform/migrate/migration-files.ts';
import { splitStatements } from '../../../platform/migrate/split-statements.ts';
import { closePostgres, createPostgres, type Sql } from '../../../platform/postgres.ts';
import { silentLog } from '../../support/control-plane.ts';
import { runProgram } from '../../support/processes.ts';

let folder: string;
let postgres: PostgresServer;
let clickhouse: ClickHouseServer;
let sql: Sql;
let analytics: ClickHouse;
/** Not connected to the database, so that it can be missing. */
let server: ClickHouse;
const pepper = `v1:${Buffer.alloc(32, 7).toString('base64url')}`;
const urls = () => ({ databaseUrl: postgres.url, clickhouseUrl: clickhouse.writerUrl });
const run = () => migrate({ ...urls(), log: silentLog, folder: join(folder, 'sql') });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemark-migrate-'));
  [postgres, clickhouse] = await Promise.all([
    startPostgres({ dataDir: folder, log: silentLog }),
    startClickHouse({ dataDir: folder, log: silentLog }),
  ]);
  sql = createPostgres(postgres.url);
  analytics = createClickHouse(clickhouse.writerUrl);
  server = createClickHouse(new URL('/', clickhouse.writerUrl).href);
});

afterAll(async () => {
  await Promise.all([closePostgres(sql), analytics.close(), server.close()]);
  await Promise.all([postgres.stop(), clickhouse.stop()]);
  await rm(folder, { recursive: true });
});

beforeEach(async () => {
  await rm(join(folder, 'sql'), { recursive: true, force: true });
  await cp(join(import.meta.dirname, '../../../sql'), join(folder, 'sql'), { recursive: true });
  await sql.unsafe('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  await server.command('DROP DATABASE IF EXISTS tidemark SYNC');
});

const appliedNumbers = async () => ({
  postgres: (await sql<{ version: number }[]>`SELECT version FROM schema_migrations ORDER BY version`).map(
    (row) => row.version,
  ),
  clickhouse: (
    await analytics.select<{ version: number }>('SELECT version FROM schema_migrations ORDER BY version')
  ).map((row) => row.version),
});

describe('migrate', () => {
  it('builds both databases from nothing, also when four do it at once, and does each file once', async () => {
    await Promise.all([run(), run(), run(), run()]);
    const applied = await appliedNumbers();
    expect(applied.postgres).toEqual([...new Set(applied.postgres)]);
    expect(applied.clickhouse).toEqual([...new Set(applied.clickhouse)]);
    expect(applied.postgres.length).toBeGreaterThan(0);
    expect(applied.clickhouse.length).toBeGreaterThan(0);
    expect(await analytics.select('SELECT engine FROM system.databases WHERE name = currentDatabase()')).toEqual([
      { engine: 'Atomic' },
    ]);
  });

  it('changes nothing the second time', async () => {
    await run();
    const before = await appliedNumbers();
    await run();
    expect(await appliedNumbers()).toEqual(before);
  });

  it('applies a new file, and nothing of one that fails', async () => {
    await run();
    const add = (name: string, text: string) => writeFile(join(folder, 'sql', name), text);
    await add('postgres/migrations/9001-more.sql', 'CREATE TABLE more (id int); INSERT INTO more VALUES (1)');
    await add('postgres/migrations/9002-broken.sql', 'CREATE TABLE half (id int); SELECT no_such_column');
    await expect(run()).rejects.toThrow('no_such_column');
    expect(await sql`SELECT * FROM more`).toEqual([{ id: 1 }]);
    expect(await sql`SELECT to_regclass('half') AS half`).toEqual([{ half: null }]);
  });

  it('refuses an edited file of either database', async () => {
    await run();
    const edited = 'postgres/migrations/0001-control-plane.sql';
    await writeFile(join(folder, 'sql', edited), 'SELECT 1');
    await expect(run()).rejects.toThrow('migration 1 (control-plane) was edited after it was applied');
    await cp(join(import.meta.dirname, '../../../sql', edited), join(folder, 'sql', edited));
    await writeFile(join(folder, 'sql/clickhouse/migrations/0001-events.sql'), 'SELECT 1');
    await expect(run()).rejects.toThrow('migration 1 (events) was edited after it was applied');
  });

  it('repeats a ClickHouse file of which a crash left half', async () => {
    const file = join(folder, 'sql/clickhouse/migrations/9001-two.sql');
    await writeFile(file, 'CREATE TABLE IF NOT EXISTS one (a Int8) ENGINE = Memory; SELECT no_such_column;');
    await expect(run()).rejects.toThrow('ClickHouse refused statement 2 of migration 9001 (two)');
    await writeFile(
      file,
      "CREATE TABLE IF NOT EXISTS one (a Int8) ENGINE = Memory; -- it's ; fine\nCREATE TABLE IF NOT EXISTS two (b String DEFAULT ';') ENGINE = Memory",
    );
    await run();
    expect(
      await analytics.select(
        "SELECT name FROM system.tables WHERE database = currentDatabase() AND name IN ('one', 'two') ORDER BY name",
      ),
    ).toEqual([{ name: 'one' }, { name: 'two' }]);
  });
});

describe('the statements for a cluster', () => {
  it('are ones that this version of ClickHouse can read', async () => {
    const migrations = await readMigrations(join(folder, 'sql/clickhouse/migrations'));
    for (const statement of migrations.flatMap((migration) => splitStatements(migration.sql))) {
      const query = clusterStatement(statement, '{cluster}');
      const [row] = await server.select<{ text: string }>('SELECT formatQuery({query:String}) AS text', { query });
      expect(row?.text).toContain('ON CLUSTER `{cluster}`');
    }
  });

  it('set only what replicated tables know', async () => {
    const names = await server.select<{ name: string }>(
      "SELECT name FROM system.replicated_merge_tree_settings WHERE name LIKE 'replicated_deduplication_window%' ORDER BY name",
    );
    expect(names.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['replicated_deduplication_window', 'replicated_deduplication_window_seconds']),
    );
  });
});

describe('npm run migrate', () => {
  it('brings both databases up to date and ends with 0', async () => {
    const { databaseUrl, clickhouseUrl } = urls();
    const program = runProgram('platform/migrate/main.ts', [], {
      DATABASE_URL: databaseUrl,
      CLICKHOUSE_URL: clickhouseUrl,
    });
    expect(await program.ended).toMatchObject({ code: 0 });
    expect((await appliedNumbers()).postgres).toContain(1);
  });

  it('makes an admin key where it has the pepper, and shows it only when it made it', async () => {
    const { databaseUrl, clickhouseUrl } = urls();
    const env = { DATABASE_URL: databaseUrl, CLICKHOUSE_URL: clickhouseUrl, TIDEMARK_KEY_PEPPER: pepper };
    const first = runProgram('platform/migrate/main.ts', [], env);
    expect(await first.ended).toMatchObject({ code: 0 });
    expect(first.lines.filter((line) => /^admin key, shown only this once: mk_live_\w+/.test(line))).toHaveLength(1);
    const second = runProgram('platform/migrate/main.ts', [], env);
    expect(await second.ended).toMatchObject({ code: 0 });
    expect(second.lines.join()).not.toContain('mk_live_');
    const keys = await sql`SELECT origin FROM api_keys`;
    expect(keys.map(({ origin }) => origin)).toEqual(['bootstrap']);
  });

  it('refuses an admin key it has no pepper for', async () => {
    const { databaseUrl, clickhouseUrl } = urls();
    const program = runProgram('platform/migrate/main.ts', [], {
      DATABASE_URL: databaseUrl,
      CLICKHOUSE_URL: clickhouseUrl,
      TIDEMARK_ADMIN_KEY: 'mk_live_0123456789abcdef0123456789abcdef',
    });
    expect(await program.ended).toMatchObject({ code: 1 });
    expect(program.lines.at(-1)).toContain('TIDEMARK_KEY_PEPPER is not set');
  });

  it.each([
    ['DATABASE_URL is not set', {}],
    ['CLICKHOUSE_URL is not set', { DATABASE_URL: 'postgres://x@127.0.0.1:1/x' }],
    ['ECONNREFUSED', { DATABASE_URL: 'postgres://x@127.0.0.1:1/x', CLICKHOUSE_URL: 'http://127.0.0.1:1/x' }],
  ])('says in one line: %s', async (message, env) => {
    const program = runProgram('platform/migrate/main.ts', [], env);
    expect(await program.ended).toMatchObject({ code: 1 });
    expect(program.lines).toHaveLength(1);
    expect(program.lines[0]).toContain(message);
  });
});
