import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../../../platform/embedded/postgres-server.ts';
import { createLog } from '../../../platform/log.ts';
import { closePostgres, createPostgres, type Sql } from '../../../platform/postgres.ts';
import { commandOf, descendantsOf, isAlive, runProgram, waitFor } from '../../support/processes.ts';

const log = createLog('postgres', 'silent');
const dataDir = mkdtempSync(join(tmpdir(), 'tidemark-postgres-'));
const clusterDir = join(dataDir, 'postgres', 'data');
let server: PostgresServer;

beforeAll(async () => {
  server = await startPostgres({ dataDir, log });
});

afterAll(async () => {
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

async function withSql<T>(work: (sql: Sql) => Promise<T>, url = server.url): Promise<T> {
  const sql = createPostgres(url, { max: 1, applicationName: 'test' });
  try {
    return await work(sql);
  } finally {
    await closePostgres(sql);
  }
}

const postmasterPid = () => Number(readFileSync(join(clusterDir, 'postmaster.pid'), 'utf8').split('\n')[0]);

describe('access', () => {
  it('gives a role that owns its database and is no superuser', async () => {
    const [row] = await withSql(
      (sql) =>
        sql`SELECT current_user AS user, current_database() AS database, rolsuper AS super FROM pg_roles WHERE rolname = current_user`,
    );
    expect(row).toEqual({ user: 'tidemark', database: 'tidemark', super: false });
  });

  it('refuses a wrong password and the superuser', async () => {
    const wrong = new URL(server.url);
    wrong.password = 'wrong';
    await expect(withSql((sql) => sql`SELECT 1`, wrong.href)).rejects.toThrow();
    wrong.username = 'postgres';
    await expect(withSql((sql) => sql`SELECT 1`, wrong.href)).rejects.toThrow();
  });

  it('speaks UTF-8 and UTC, and listens on loopback alone', async () => {
    const [row] = await withSql(
      (sql) =>
        sql`SELECT lower('ÄÖ') AS lower, current_setting('timezone') AS zone, current_setting('listen_addresses') AS listen`,
    );
    expect(row).toEqual({ lower: 'äö', zone: 'UTC', listen: '127.0.0.1' });
  });

  it('keeps its password to its owner', () => {
    expect(statSync(join(dataDir, 'postgres', 'password.json')).mode & 0o777).toBe(0o600);
  });
});

describe('ends and starts', () => {
  it('keeps the rows and the URL over kill -9 of PostgreSQL', async () => {
    await withSql((sql) => sql`CREATE TABLE kept (x int)`);
    await withSql((sql) => sql`INSERT INTO kept VALUES (1)`);
    const before = server;
    process.kill(postmasterPid(), 'SIGKILL');
    await before.exited;
    server = await startPostgres({ dataDir, log, port: before.port });
    expect(server.url).toBe(before.url);
    expect(await withSql((sql) => sql`SELECT x FROM kept`)).toHaveLength(1);
  });

  it('goes when its wrapper is killed', async () => {
    const stale = postmasterPid();
    process.kill(server.pid, 'SIGKILL');
    await waitFor(() => !isAlive(stale), 3_000);
    server = await startPostgres({ dataDir, log });
  });

  it('goes when its wrapper is asked to end, with a code that says so', async () => {
    const stale = postmasterPid();
    process.kill(server.pid, 'SIGTERM');
    expect(await server.exited).toMatchObject({ code: 0, signal: null });
    expect(isAlive(stale)).toBe(false);
    server = await startPostgres({ dataDir, log });
  });

  it('stops the one that outlived its wrapper before it starts again', async () => {
    const stale = postmasterPid();
    const watcher = descendantsOf(server.pid).find((pid) => commandOf(pid).includes('postgres-main')) ?? 0;
    process.kill(watcher, 'SIGKILL');
    process.kill(server.pid, 'SIGKILL');
    await server.exited;
    expect(isAlive(stale)).toBe(true);
    server = await startPostgres({ dataDir, log });
    expect(isAlive(stale)).toBe(false);
    expect(await withSql((sql) => sql`SELECT x FROM kept`)).toHaveLength(1);
  });

  it('starts although the process id of its predecessor now belongs to another program', async () => {
    await server.stop();
    writeFileSync(
      join(clusterDir, 'postmaster.pid'),
      `${process.ppid}\n${clusterDir}\n0\n1\n\n127.0.0.1\n\nready   \n`,
    );
    server = await startPostgres({ dataDir, log });
    expect(await withSql((sql) => sql`SELECT x FROM kept`)).toHaveLength(1);
  });

  it('ends in good order when stopped', async () => {
    await server.stop();
    expect(await server.exited).toMatchObject({ code: 0 });
    expect(existsSync(join(clusterDir, 'postmaster.pid'))).toBe(false);
    server = await startPostgres({ dataDir, log });
  });

  it('does an interrupted creation again', async () => {
    const other = mkdtempSync(join(tmpdir(), 'tidemark-postgres-'));
    mkdirSync(join(other, 'postgres', 'data.new', 'base'), { recursive: true });
    writeFileSync(join(other, 'postgres', 'data.new', 'PG_VERSION'), '18\n');
    const second = await startPostgres({ dataDir: other, log });
    await second.stop();
    rmSync(other, { recursive: true, force: true });
  });

  it('is gone within 3 s of kill -9 of its parent', async () => {
    const other = mkdtempSync(join(tmpdir(), 'tidemark-postgres-'));
    const parent = runProgram('test/support/engine-parent.ts', ['postgres', other]);
    const wrapper = Number((await parent.line(/^\d+ postgres/)).split(' ')[0]);
    const postmaster = Number(readFileSync(join(other, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0]);
    parent.kill('SIGKILL');
    await waitFor(() => !isAlive(wrapper) && !isAlive(postmaster), 3_000);
    rmSync(other, { recursive: true, force: true });
  });
});
