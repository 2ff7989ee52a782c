import { spawn } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { restOptions, untilAtRest } from '../../../bench/support/rest.ts';

const quick = { ...restOptions, forMs: 300, withinMs: 900 };
let stop = (): unknown => undefined;
afterEach(() => stop());

function start(script: string): number {
  const child = spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
  stop = () => child.kill('SIGKILL');
  return child.pid ?? 0;
}

describe.runIf(process.platform === 'linux')('a program', () => {
  it('is at rest once it has used hardly any time for a while', async () => {
    const waitedMs = await untilAtRest(start('setInterval(() => {}, 1000)'), { ...quick, withinMs: 10_000 });
    expect(waitedMs).toBeGreaterThanOrEqual(quick.forMs - 1);
  });

  it('that never comes to rest is not waited for for ever', async () => {
    await expect(untilAtRest(start('for (;;);'), quick)).rejects.toThrow(/not at rest within 900 ms/);
  });
});
