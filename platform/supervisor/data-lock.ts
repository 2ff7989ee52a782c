import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Another program works on the data directory. */
export class DataLockedError extends Error {
  override name = 'DataLockedError';
}

const sqliteBusy = 5;

/**
 * Takes the lock of a data directory and returns how to give it back. SQLite holds it as a file lock of the kernel: it goes when its holder
 * does, however that ends, and no process id is trusted. Throws {@link DataLockedError} when it is taken.
 */
export function lockDataDir(dataDir: string): () => void {
  const database = new DatabaseSync(join(dataDir, 'lock'));
  const pidFile = join(dataDir, 'supervisor.pid');
  try {
    database.exec('PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    if ((cause as { errcode?: number }).errcode !== sqliteBusy) throw cause;
    throw new DataLockedError(`${dataDir} is in use by a running Tidemark (process ${readHolder(pidFile)})`, { cause });
  }
  writeFileSync(pidFile, `${process.pid}\n`);
  return () => database.close();
}

function readHolder(pidFile: string): string {
  try {
    return readFileSync(pidFile, 'utf8').trim();
  } catch {
    return 'unknown';
  }
}
