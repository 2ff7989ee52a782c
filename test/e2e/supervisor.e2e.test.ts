import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commandOf, descendantsOf, isAlive, type Program, runProgram, waitFor } from '../support/processes.ts';

/** Generous for a loaded machine; the figures of an idle one are in docs/decisions/0002-embedded-engines.md. */
const maxStopMs = 10_000;
let dataDir = '';
let programs: Program[] = [];

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'tidemark-e2e-'));
});

afterEach(async () => {
  for (const program of programs) program.kill('SIGKILL');
  await Promise.all(programs.map((program) => program.ended));
  programs = [];
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 30, retryDelay: 100 });
});

/** What `npm start` runs. */
function start(env: Record<string, string> = {}): Program {
  const program = runProgram('main.ts', [], {
    TIDEMARK_DATA_DIR: dataDir,
    TIDEMARK_INGEST_PORT: '0',
    TIDEMARK_API_PORT: '0',
    TIDEMARK_WEBHOOK_PORT: '0',
    ...env,
  });
  programs.push(program);
  return program;
}

async function readyUrls(program: Program): Promise<{ api: string; ingest: string; webhook: string }> {
  const line = await program.line(/^ready {2}/);
  const {
    api = '',
    ingest = '',
    webhook = '',
  } = Object.fromEntries(
    line
      .split('  ')
      .slice(1)
      .map((pair) => pair.split(' ')),
  );
  return { api, ingest, webhook };
}

const shownKeys = (program: Program) =>
  program.lines.filter((line) => /mk_live_/.test(line)).map((line) => line.trim());
const statusOf = async (url: string, headers: Record<string, string> = {}) =>
  (await fetch(url, { headers: { connection: 'close', ...headers } })).status;

describe('npm start', () => {
  it('serves on the three ports it prints, with the key it shows once, and ends everything on SIGTERM', async () => {
    const first = start();
    const urls = await readyUrls(first);
    expect(await statusOf(`${urls.api}/health`)).toBe(200);
    expect(await statusOf(`${urls.ingest}/health`)).toBe(200);
    expect(await statusOf(`${urls.webhook}/health`)).toBe(200);
    const [key = ''] = shownKeys(first);
    expect(await statusOf(`${urls.api}/api/v1/organizations`, { 'x-api-key': key })).toBe(200);
    expect(await statusOf(`${urls.api}/api/v1/organizations`, { 'x-api-key': `${key}x` })).toBe(401);

    const children = descendantsOf(first.pid);
    const askedAt = performance.now();
    first.kill('SIGTERM');
    expect(await first.ended).toEqual({ code: 0, signal: null });
    expect(performance.now() - askedAt).toBeLessThan(maxStopMs);
    expect(children.filter(isAlive)).toEqual([]);

    const second = start();
    const again = await readyUrls(second);
    expect(shownKeys(second)).toEqual([]);
    expect(await statusOf(`${again.api}/api/v1/organizations`, { 'x-api-key': key })).toBe(200);
  });

  it('leaves nothing behind after kill -9 and comes up on the same data', async () => {
    const program = start();
    const urls = await readyUrls(program);
    const [key = ''] = shownKeys(program);
    expect(await statusOf(`${urls.api}/api/v1/organizations`, { 'x-api-key': key })).toBe(200);
    const children = descendantsOf(program.pid);
    program.kill('SIGKILL');
    await waitFor(() => children.filter(isAlive).length === 0, maxStopMs);
    const again = await readyUrls(start());
    expect(await statusOf(`${again.api}/api/v1/organizations`, { 'x-api-key': key })).toBe(200);
  });

  it('brings back every tier and store that is killed, on the same URLs', async () => {
    const program = start();
    const urls = await readyUrls(program);
    const [key = ''] = shownKeys(program);
    const parts = [
      ['ingest', '/ingest/main.ts'],
      ['processors', '/processors/main.ts'],
      ['query-api', '/query-api/main.ts'],
      ['clickhouse', '/clickhouse-main.ts'],
      ['postgres', '/postgres-main.sh'],
      ['log', '/embedded-server-main.ts'],
    ] as const;
    for (const [name, entry] of parts) {
      const [pid = 0] = descendantsOf(program.pid).filter((child) => commandOf(child).includes(entry));
      process.kill(pid, 'SIGKILL');
      await program.line(new RegExp(`^${name} ended \\(.*SIGKILL.*\\); restarting it in 0\\.2 s$`));
      await program.line(new RegExp(`^${name} is back$`));
    }
    const serves = () =>
      statusOf(`${urls.api}/api/v1/organizations`, { 'x-api-key': key }).then(
        (status) => status === 200,
        () => false,
      );
    await waitFor(serves, 10_000);
    expect(await statusOf(`${urls.ingest}/health`)).toBe(200);
  });
});
