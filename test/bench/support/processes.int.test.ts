import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readProcessTree } from '../../../bench/support/processes.ts';
import { startCpuMeter } from '../../../bench/support/sampling.ts';

test.runIf(process.platform === 'linux')(
  'the usage of a child is found below its parent, by what it runs',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-test-'));
    const script = join(folder, 'burner.ts');
    writeFileSync(script, "process.send?.('started'); for (;;) {}");
    const child = fork(script);
    try {
      await once(child, 'message');
      const meter = startCpuMeter(process.pid);
      const name = `${folder.split('/').at(-1)}/burner`;
      await expect
        .poll(() => meter.read().find((sample) => sample.name === name)?.cpuMs, { timeout: 10_000 })
        .toBeGreaterThan(100);
      const usage = readProcessTree(process.pid).find(({ pid }) => pid === child.pid);
      expect(usage?.rssMiB).toBeGreaterThan(10);
    } finally {
      child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
