import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commandOf, descendantsOf, isAlive, type Program, runProgram, waitFor } from '../../support/processes.ts';

const adminKeyPattern = /^ {2}mk_live_/;
let dataDir = '';
let programs: Program[] = [];

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'tidemark-supervisor-'));
});

afterEach(async () => {
  for (const program of programs) program.kill('SIGKILL');
  await Promise.all(programs.map((program) => program.ended));
  programs = [];
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 30, retryDelay: 100 });
});

/** The real supervisor and the real stores with tiers that only serve. */
function start(env: Record<string, string> = {}): Program {
  const program = runProgram('test/support/stand-in/main.ts', [], {
    TIDEMARK_DATA_DIR: dataDir,
    TIDEMARK_INGEST_PORT: '0',
    TIDEMARK_API_PORT: '0',
    TIDEMARK_WEBHOOK_PORT: '0',
    ...env,
  });
  programs.push(program);
  return program;
}

/** The URLs of the ready line by name. */
async function readyUrls(program: Program): Promise<Record<string, string>> {
  const line = await program.line(/^ready {2}/);
  return Object.fromEntries(
    line
      .split('  ')
      .slice(1)
      .map((pair) => pair.split(' ')),
  );
}

const envOf = async (url = '') => (await (await fetch(url)).json()) as Record<string, string>;
const isServing = (url = '') =>
  fetch(url, { headers: { connection: 'close' } }).then(
    () => true,
    () => false,
  );

async function failsWith(program: Program, message: RegExp): Promise<void> {
  expect(await program.ended).toMatchObject({ code: 1 });
  expect(program.lines.filter((line) => line.startsWith('tidemark: '))).toEqual([expect.stringMatching(message)]);
  expect(program.lines.join('\n')).not.toContain('    at ');
}

describe('a start', () => {
  it('prints the admin key the first time only, and a ready line every time', async () => {
    const first = start();
    const urls = await readyUrls(first);
    expect(Object.keys(urls)).toEqual(['api', 'ingest', 'processors']);
    expect(await isServing(urls.api)).toBe(true);
    expect(first.lines.filter((line) => adminKeyPattern.test(line))).toHaveLength(1);
    first.kill('SIGTERM');
    expect(await first.ended).toEqual({ code: 0, signal: null });

    const second = start();
    await readyUrls(second);
    expect(second.lines.filter((line) => /mk_live_/.test(line))).toEqual([]);
    second.kill('SIGINT');
    expect(await second.ended).toEqual({ code: 0, signal: null });
  });

  it('does not print an admin key that the operator chose', async () => {
    const program = start({ TIDEMARK_ADMIN_KEY: 'mk_live_chosen_by_the_operator' });
    await readyUrls(program);
    expect(program.lines.filter((line) => /mk_live_/.test(line))).toEqual([]);
  });

  it('gives each tier the stores, and only the one that writes the writing user', async () => {
    const urls = await readyUrls(start());
    const api = await envOf(urls.api);
    const processors = await envOf(urls.processors);
    expect(api.CLICKHOUSE_URL).toContain('tidemark_reader');
    expect(processors.CLICKHOUSE_URL).toContain('tidemark_writer');
    expect(api.TIDEMARK_INGEST_URL).toBe(urls.ingest);
    expect(api.TIDEMARK_LOG_URL).toMatch(/^tidemark-log:\/\//);
    expect(api.DATABASE_URL).toMatch(/^postgres:\/\/tidemark:/);
  });
});

describe('an end', () => {
  it('takes every process along within 10 s of SIGTERM', async () => {
    const program = start();
    await readyUrls(program);
    const children = descendantsOf(program.pid);
    expect(children.length).toBeGreaterThanOrEqual(7);
    const askedAt = performance.now();
    program.kill('SIGTERM');
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(performance.now() - askedAt).toBeLessThan(10_000);
    expect(children.filter(isAlive)).toEqual([]);
  });

  it('also when it is asked for before everything is up', async () => {
    const program = start();
    await program.line(/^data/);
    program.kill('SIGTERM');
    expect(await program.ended).toEqual({ code: 0, signal: null });
  });

  it('leaves no process behind after kill -9, and the next start comes up on the same data', async () => {
    const program = start();
    await readyUrls(program);
    const children = descendantsOf(program.pid);
    program.kill('SIGKILL');
    await program.ended;
    const next = start();
    await readyUrls(next);
    expect(next.lines.filter((line) => /mk_live_/.test(line))).toEqual([]);
    await waitFor(() => children.filter(isAlive).length === 0, 5_000);
  });
});

describe('what dies', () => {
  it('comes back on its URL, tier or store, and a line says so', async () => {
    const program = start();
    const urls = await readyUrls(program);
    const before = await envOf(urls.processors);

    await fetch(`${urls.ingest}/crash`).catch(() => {});
    await program.line(/^ingest ended \(SIGKILL\); restarting it in 0\.2 s$/);
    await program.line(/^ingest is back$/);
    expect(await isServing(urls.ingest)).toBe(true);

    const clickhouse = new URL(before.CLICKHOUSE_URL ?? '');
    for (const store of ['clickhouse-main', 'postgres-main', 'embedded-server-main']) {
      const [pid = 0] = descendantsOf(program.pid).filter((child) => commandOf(child).includes(store));
      process.kill(pid, 'SIGKILL');
    }
    for (const store of ['clickhouse', 'postgres', 'log']) await program.line(new RegExp(`^${store} is back$`));
    expect(await isServing(`http://${clickhouse.host}/ping`)).toBe(true);
    expect(await isServing(urls.api)).toBe(true);
  });
});

describe('a start that cannot work ends with one clear line', () => {
  it('on a bad variable', () =>
    failsWith(start({ TIDEMARK_API_PORT: 'http' }), /TIDEMARK_API_PORT is "http"; expected/));

  it('on a data directory in use', async () => {
    const first = start();
    await first.line(/^data/);
    await failsWith(start(), new RegExp(`in use by a running Tidemark \\(process ${first.pid}\\)`));
    await readyUrls(first);
  });

  it('on a taken port, before any store is started', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const program = start({ TIDEMARK_INGEST_PORT: String(port) });
    await failsWith(program, new RegExp(`TIDEMARK_INGEST_PORT: port ${port} of 127.0.0.1 is taken`));
    expect(program.lines).toHaveLength(1);
    server.close();
  });

  it('on an address that is not of this machine', () =>
    failsWith(
      start({ TIDEMARK_HOST: '192.0.2.1', TIDEMARK_API_PORT: '18080' }),
      /TIDEMARK_HOST: address 192\.0\.2\.1/,
    ));

  it('on a read-only directory', async () => {
    chmodSync(dataDir, 0o555);
    await failsWith(start(), /TIDEMARK_DATA_DIR is .*; expected a directory that can be written/);
    chmodSync(dataDir, 0o755);
  });

  it('on a file where the directory should be', async () => {
    const file = join(dataDir, 'file');
    writeFileSync(file, '');
    await failsWith(start({ TIDEMARK_DATA_DIR: file }), /TIDEMARK_DATA_DIR is .*file; expected a directory/);
  });

  it('on a store that is not there', () =>
    failsWith(start({ DATABASE_URL: 'postgres://u:p@127.0.0.1:1/tidemark' }), /ECONNREFUSED 127\.0\.0\.1:1/));

  it('on a tier that will not start, and stops everything', async () => {
    const program = start({ STAND_IN_FAILS: 'ingest' });
    await failsWith(program, /ingest cannot be started: .*the stand-in was told to fail/);
    expect(descendantsOf(program.pid)).toEqual([]);
  });
});
