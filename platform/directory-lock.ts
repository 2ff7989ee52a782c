import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Another process works on the directory. The message says which directory and whose. */
export class DirectoryLockedError extends Error {
  override name = 'DirectoryLockedError';
}

const SQLITE_BUSY = 5;

/**
 * Takes a directory for this process alone and returns how to give it back. SQLite holds it as a file lock of the kernel: it goes when
 * its holder does, however that ends, and no process id is trusted. Throws {@link DirectoryLockedError} with `describeHolder()` when taken.
 */
export function lockDirectory(dir: string, describeHolder: () => string): () => void {
  const database = new DatabaseSync(join(dir, 'lock'));
  try {
    database.exec('PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    if ((cause as { errcode?: number }).errcode !== SQLITE_BUSY) throw cause;
    throw new DirectoryLockedError(describeHolder(), { cause });
  }
  return () => database.close();
}
