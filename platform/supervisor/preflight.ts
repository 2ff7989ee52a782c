import { chmod, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { ConfigError } from '../config.ts';
import { describeStartError } from '../service.ts';

export interface WantedPort {
  variable: string;
  port: number;
}

const portRetryMs = 2_000;
const anyWriteBit = 0o222;

/** Creates the data directory if need be and proves that it can be written. Throws {@link ConfigError}. */
export async function ensureWritable(dataDir: string): Promise<void> {
  try {
    const isNew = await makeDirectory(dataDir);
    // Others may pass through (a store may run as another user) but not look.
    if (isNew) await chmod(dataDir, 0o711);
    const probe = join(dataDir, 'writable');
    await writeFile(probe, '');
    await rm(probe);
  } catch (error) {
    throw unusable(dataDir, describeStartError(error));
  }
  // Root may write where the mode says nobody should.
  const { mode } = await stat(dataDir);
  if ((mode & anyWriteBit) === 0) throw unusable(dataDir, 'it is read-only');
}

/**
 * Makes a directory and what lacks above it; resolves to whether it was made now. The recursive form of Node tries for ever where
 * a file system refuses with ENOENT, as /proc does.
 */
async function makeDirectory(dir: string): Promise<boolean> {
  try {
    await mkdir(dir);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(dir)).isDirectory()) return false;
    if (code !== 'ENOENT' || !(await makeDirectory(dirname(dir)))) throw error;
  }
  await mkdir(dir);
  return true;
}

/**
 * Checks that nobody else listens on the wanted ports; a tier of a killed predecessor gets a moment to leave.
 * Throws {@link ConfigError} naming the variable.
 */
export async function ensurePortsFree(host: string, wanted: readonly WantedPort[]): Promise<void> {
  const deadline = performance.now() + portRetryMs;
  for (const { variable, port } of wanted) {
    let error = await tryListen(host, port);
    while (error?.code === 'EADDRINUSE' && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      error = await tryListen(host, port);
    }
    if (error === undefined) continue;
    const name = error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND' ? 'TIDEMARK_HOST' : variable;
    throw new ConfigError(`${name}: ${describeStartError(error)}; free it or set ${name} to another one`);
  }
}

function tryListen(host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', resolve);
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

function unusable(dataDir: string, why: string): ConfigError {
  return new ConfigError(`TIDEMARK_DATA_DIR is ${dataDir}; expected a directory that can be written (${why})`);
}
