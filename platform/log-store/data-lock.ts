import { randomUUID } from 'node:crypto';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const PREFIX = 'lock-';

interface Holder {
  pid: number;
  /** Tells a process from a later one with the same id; empty where the system does not say. */
  identity: string;
}

/** Another live process has the data directory. */
export class DataLockedError extends Error {
  override name = 'DataLockedError';
}

/**
 * Makes this process the only writer of the directory until the returned function is called, or it dies (also by kill -9).
 * Every contender adds its own file before it looks for others, so of two at least one sees the other and gives up.
 * Processes must see each other's ids: two containers that share the directory are not kept apart.
 */
export async function lockDirectory(dir: string): Promise<() => Promise<void>> {
  const own = `${PREFIX}${randomUUID()}`;
  await writeFile(
    join(dir, `new-${own}`),
    JSON.stringify({ pid: process.pid, identity: await identityOf(process.pid) }),
  );
  await rename(join(dir, `new-${own}`), join(dir, own));
  for (const name of await readdir(dir)) {
    if (!name.startsWith(PREFIX) || name === own) continue;
    const holder = await readHolder(join(dir, name));
    if (holder && (await isAlive(holder))) {
      await rm(join(dir, own), { force: true });
      throw new DataLockedError(`${dir} is in use by process ${holder.pid}`);
    }
    await rm(join(dir, name), { force: true });
  }
  return () => rm(join(dir, own), { force: true });
}

async function readHolder(path: string): Promise<Holder | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined; // Its owner has just given it up.
    throw error;
  });
  return text ? JSON.parse(text) : undefined;
}

async function isAlive({ pid, identity }: Holder): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return (await identityOf(pid)) === identity;
}

/** Linux: the boot and the clock tick the process started at. Elsewhere the process id alone has to do. */
async function identityOf(pid: number): Promise<string> {
  if (process.platform !== 'linux') return '';
  const [boot, stat] = await Promise.all(
    ['/proc/sys/kernel/random/boot_id', `/proc/${pid}/stat`].map((path) => readFile(path, 'utf8').catch(() => '')),
  );
  const startedAt = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  return `${boot?.trim()}:${startedAt}`;
}
