import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const fastStopMs = 3_000;
const killMs = 2_000;

export interface Postmaster {
  pid: number;
  /** Seconds since the epoch; with the process id it tells one start from another. */
  startedAt: number;
  port: number;
  isReady: boolean;
}

/** What the running (or killed) PostgreSQL of a cluster wrote about itself; undefined when it ended in good order. */
export async function readPostmaster(cluster: string): Promise<Postmaster | undefined> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  const lines = text?.split('\n') ?? [];
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 1) return undefined;
  return { pid, startedAt: Number(lines[2]), port: Number(lines[3]), isReady: (lines[7] ?? '').trim() === 'ready' };
}

/**
 * Makes way for a new start: stops a PostgreSQL that outlived its wrapper, and forgets one whose process id now belongs to another
 * program (PostgreSQL itself would take that one for its predecessor and refuse to start).
 */
export async function stopStalePostgres(cluster: string): Promise<void> {
  const postmaster = await readPostmaster(cluster);
  if (postmaster === undefined || !isAlive(postmaster.pid)) return;
  const { pid } = postmaster;
  if (await isPostgresOf(cluster, pid)) {
    process.kill(pid, 'SIGINT');
    if (!(await isGoneWithin(cluster, pid, fastStopMs))) process.kill(pid, 'SIGKILL');
    await isGoneWithin(cluster, pid, killMs);
  }
  await rm(join(cluster, 'postmaster.pid'), { force: true });
}

async function isGoneWithin(cluster: string, pid: number, durationMs: number): Promise<boolean> {
  const endsAt = performance.now() + durationMs;
  while (await isPostgresOf(cluster, pid)) {
    if (performance.now() > endsAt) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}

// A process that has ended but was not waited for has no command line any more.
async function isPostgresOf(cluster: string, pid: number): Promise<boolean> {
  const command = await readCommand(pid);
  return command.replaceAll('\0', ' ').includes(`/postgres -D ${cluster} `);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function readCommand(pid: number): Promise<string> {
  if (process.platform === 'linux') return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return run('ps', ['-o', 'command=', '-p', String(pid)]).then(
    ({ stdout }) => stdout,
    () => '',
  );
}
