import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from '../../platform/embedded/free-port.ts';
import { findProgram } from '../../test/support/foreign-programs.ts';
import { waitUntil } from './wait.ts';

export interface VictoriaMetrics extends AsyncDisposable {
  url: string;
  pid: number;
}

const readyWithin = { what: 'VictoriaMetrics to be ready', withinMs: 30_000, everyMs: 50 };

/** A VictoriaMetrics on a free port of loopback, its data in a temporary directory. Throws, naming the package, when it is not installed. */
export async function startVictoriaMetrics(): Promise<VictoriaMetrics> {
  const program = findProgram('victoria-metrics');
  const folder = await mkdtemp(join(tmpdir(), 'tidemark-victoria-'));
  const address = `127.0.0.1:${await findFreePort()}`;
  const flags = [`-httpListenAddr=${address}`, `-storageDataPath=${folder}`, '-retentionPeriod=1'];
  const child = spawn(program, flags, { stdio: 'ignore' });
  const killWithUs = () => child.kill('SIGKILL');
  process.once('exit', killWithUs);
  const stop = async () => {
    const ended = child.exitCode === null ? once(child, 'exit') : undefined;
    child.kill('SIGKILL');
    await ended;
    process.off('exit', killWithUs);
    await rm(folder, { recursive: true, force: true });
  };
  const url = `http://${address}`;
  await waitUntil(readyWithin, async () => (await fetch(`${url}/health`).catch(() => undefined))?.ok === true).catch(
    async (error: unknown) => {
      await stop();
      throw error;
    },
  );
  return { url, pid: child.pid ?? 0, [Symbol.asyncDispose]: stop };
}
