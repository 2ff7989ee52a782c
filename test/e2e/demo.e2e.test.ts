import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningPipeline, startPipeline } from '../../bench/support/running-pipeline.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'tidemark-test-'));
let pipeline: RunningPipeline;

beforeAll(async () => {
  pipeline = await startPipeline({ dataDir: folder });
});

afterAll(async () => {
  await pipeline.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('the demo', () => {
  test('fills three tenants, finds the planted bad hours and prints commands that work', async () => {
    const output = await runDemo('--seed', '1', '--days', '8', '--once');
    expect(output).toMatch(/ACME +P2P +CycleTime/);
    expect(output).toMatch(/NORTHWIND +ORDERS +Volume/);
    expect(output).toMatch(/GLOBEX +FAULTS +ErrorRate/);
    expect(output).toContain('planted');
    const commands = output.split('\n').filter((line) => line.trim().startsWith('curl '));
    expect(commands.length).toBeGreaterThanOrEqual(4);
    for (const command of commands) {
      const { stdout } = await run('sh', ['-c', `${command.trim()} --fail`]);
      expect(JSON.parse(stdout)).not.toHaveProperty('error');
    }
  });

  test('run again goes on where it ended, and sends no history twice', async () => {
    const output = await runDemo('--seed', '1', '--days', '8', '--once');
    const sent = Number(/([\d,]+) events sent/.exec(output)?.[1]?.replaceAll(',', ''));
    expect(sent).toBeLessThan(2_000);
  });

  test('says what it needs when a running pipeline is not its own', async () => {
    const { hostname, port } = new URL(pipeline.apiUrl);
    const env = { ...process.env, TIDEMARK_HOST: hostname, TIDEMARK_API_PORT: port, TIDEMARK_DATA_DIR: folder };
    const attempt = run(process.execPath, ['bench/demo/main.ts', '--once'], { cwd: root, env });
    await expect(attempt).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('TIDEMARK_ADMIN_KEY') });
  });
});

async function runDemo(...args: string[]): Promise<string> {
  const env = { ...process.env, TIDEMARK_URL: pipeline.apiUrl, TIDEMARK_ADMIN_KEY: pipeline.adminKey };
  const { stdout } = await run(process.execPath, ['bench/demo/main.ts', ...args], { cwd: root, env });
  return stdout;
}
