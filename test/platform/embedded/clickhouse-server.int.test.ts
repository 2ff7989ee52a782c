import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ClickHouseServer,
  memoryLimitBytes,
  startClickHouse,
} from '../../../platform/embedded/clickhouse-server.ts';
import { createLog } from '../../../platform/log.ts';
import { isAlive, runProgram, waitFor } from '../../support/processes.ts';

const log = createLog('clickhouse', 'silent');
const dataDir = mkdtempSync(join(tmpdir(), 'tidemark-clickhouse-'));
let server: ClickHouseServer;

beforeAll(async () => {
  server = await startClickHouse({ dataDir, log });
});

afterAll(async () => {
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

async function query(url: string, sql: string, headers: Record<string, string> = {}) {
  const { username, password, host } = new URL(url);
  const credentials = Buffer.from(`${username}:${password}`).toString('base64');
  const response = await fetch(`http://${host}/?database=tidemark&wait_end_of_query=1`, {
    method: 'POST',
    body: sql,
    headers: { authorization: `Basic ${credentials}`, connection: 'close', ...headers },
  });
  return { status: response.status, text: (await response.text()).trim() };
}

const write = (sql: string) => query(server.writerUrl, sql);
const read = (sql: string) => query(server.readerUrl, sql);

describe('users', () => {
  it('lets the writer make tables and views and keep them in order', async () => {
    for (const sql of [
      "CREATE TABLE source (at DateTime64(3, 'UTC'), value Float64) ENGINE = MergeTree ORDER BY at",
      'CREATE TABLE target (n SimpleAggregateFunction(sum, UInt64)) ENGINE = AggregatingMergeTree ORDER BY tuple()',
      'CREATE MATERIALIZED VIEW target_mv TO target AS SELECT count() AS n FROM source',
      'INSERT INTO source SELECT now64(), number FROM numbers(10)',
      'ALTER TABLE source ADD COLUMN note String',
      'OPTIMIZE TABLE source FINAL',
      'SYSTEM STOP MERGES source',
      'SYSTEM START MERGES source',
    ]) {
      expect(await write(sql), sql).toMatchObject({ status: 200 });
    }
    expect((await write('SELECT sum(n) FROM target')).text).toBe('10');
  });

  it('keeps everybody out of other databases, files and the network', async () => {
    for (const run of [write, read]) {
      for (const sql of [
        'CREATE DATABASE other',
        'CREATE DATABASE tidemark_replay',
        "SELECT * FROM file('/etc/hostname', 'LineAsString')",
        "SELECT * FROM url('http://127.0.0.1:1', 'LineAsString')",
      ]) {
        expect((await run(sql)).text, sql).toContain('ACCESS_DENIED');
      }
    }
  });

  it('lets the reader read, within limits it can lower and not lift', async () => {
    expect((await read('SELECT 1 SETTINGS max_execution_time = 5')).text).toBe('1');
    expect((await read('SELECT 1 SETTINGS max_execution_time = 61')).text).toContain('SETTING_CONSTRAINT_VIOLATION');
    expect((await read('SELECT 1 SETTINGS max_result_rows = 2000000')).text).toContain('SETTING_CONSTRAINT_VIOLATION');
    expect((await read('SELECT 1 SETTINGS readonly = 0')).text).toContain('READONLY');
    expect((await read('SELECT * FROM numbers(2000000)')).text).toContain('TOO_MANY_ROWS');
    expect((await read('INSERT INTO source (value) VALUES (1)')).text).toContain('ACCESS_DENIED');
    expect((await read('DROP TABLE source')).text).toContain('ACCESS_DENIED');
  });

  it('answers nobody without the whole credentials, the engine’s own user least of all', async () => {
    const wrong = new URL(server.writerUrl);
    wrong.password = 'wrong';
    expect((await query(wrong.href, 'SELECT 1')).status).toBe(404);
    expect((await query(`${server.url.replace('//', '//default:@')}`, 'SELECT 1')).status).toBe(404);
    expect((await fetch(`${server.url}/?user=default&query=SELECT+1`)).status).toBe(404);
    expect((await query(server.readerUrl, 'SELECT 1', { 'x-clickhouse-user': 'default' })).text).toContain(
      'AUTHENTICATION_FAILED',
    );
  });

  it('answers a ping without credentials', async () => {
    expect(await (await fetch(`${server.url}/ping`)).text()).toContain('Ok.');
  });

  it('keeps its passwords to its owner', () => {
    for (const file of ['passwords.json', 'config.xml', 'users.xml']) {
      expect(statSync(join(dataDir, 'clickhouse', file)).mode & 0o777, file).toBe(0o600);
    }
  });
});

describe('limits', () => {
  it('takes two fifths of the machine’s memory, or of the control group’s', async () => {
    expect(memoryLimitBytes(10e9, 0)).toBe(4e9);
    expect(memoryLimitBytes(10e9, 5e9)).toBe(2e9);
    expect(memoryLimitBytes(1e9, 0)).toBe(768 * 1024 * 1024);
    const limit = await write("SELECT value FROM system.server_settings WHERE name = 'max_server_memory_usage'");
    expect(Number(limit.text)).toBe(memoryLimitBytes());
  });

  it('keeps merges and mutations possible in a small pool', async () => {
    const settings = await write(
      "SELECT name, value FROM system.merge_tree_settings WHERE name LIKE 'number_of_free_entries%' AND changed ORDER BY name",
    );
    expect(settings.text.split('\n')).toHaveLength(3);
  });
});

describe('ends and starts', () => {
  it('keeps the rows and the credentials over kill -9', async () => {
    await write('CREATE TABLE kept (x UInt64) ENGINE = MergeTree ORDER BY x');
    await write('INSERT INTO kept SELECT number FROM numbers(1000)');
    const before = server;
    process.kill(before.pid, 'SIGKILL');
    expect(await before.exited).toMatchObject({ signal: 'SIGKILL' });
    server = await startClickHouse({ dataDir, log, port: before.port });
    expect(server.writerUrl).toBe(before.writerUrl);
    expect((await write('SELECT count() FROM kept')).text).toBe('1000');
  });

  it('logs statements when asked to, and has no system log otherwise', async () => {
    expect((await write('SELECT count() FROM system.query_log')).text).toContain('UNKNOWN_TABLE');
    const other = mkdtempSync(join(tmpdir(), 'tidemark-clickhouse-'));
    const logging = await startClickHouse({ dataDir: other, log, queryLog: true });
    await query(logging.writerUrl, 'SELECT 42');
    await query(logging.writerUrl, 'SYSTEM FLUSH LOGS');
    const found = await query(logging.writerUrl, "SELECT count() > 0 FROM system.query_log WHERE query = 'SELECT 42'");
    expect(found.text).toBe('1');
    await logging.stop();
    rmSync(other, { recursive: true, force: true });
  });

  it('ends in good order when stopped', async () => {
    await server.stop();
    expect(await server.exited).toMatchObject({ code: 0 });
    server = await startClickHouse({ dataDir, log });
  });

  it('chooses another port when the first is taken, and reports one it was told to take', async () => {
    const other = mkdtempSync(join(tmpdir(), 'tidemark-clickhouse-'));
    await expect(startClickHouse({ dataDir: other, log, port: server.port })).rejects.toThrow(/ClickHouse .*in use/);
    rmSync(other, { recursive: true, force: true });
  });

  it('is gone within 3 s of kill -9 of its parent', async () => {
    const other = mkdtempSync(join(tmpdir(), 'tidemark-clickhouse-'));
    const parent = runProgram('test/support/engine-parent.ts', ['clickhouse', other]);
    const pid = Number((await parent.line(/^\d+ http/)).split(' ')[0]);
    parent.kill('SIGKILL');
    await waitFor(() => !isAlive(pid), 3_000);
    rmSync(other, { recursive: true, force: true });
  });
});
