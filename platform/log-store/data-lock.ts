import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Another log server has the data directory. */
export class LogLockedError extends Error {
  override name = 'LogLockedError';
}

const SQLITE_BUSY = 5;

/**
 * Makes this server the only writer of the directory until the returned function is called or the process dies, however:
 * SQLite holds it as a file lock of the kernel, so nothing stale stays behind. Throws {@link LogLockedError} when it is taken.
 */
export function lockLogDirectory(dir: string): () => void {
  const database = new DatabaseSync(join(dir, 'lock'));
  try {
    database.exec('PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    if ((cause as { errcode?: number }).errcode !== SQLITE_BUSY) throw cause;
    throw new LogLockedError(`the log in ${dir} is in use by another log server`, { cause });
  }
  return () => database.close();
}
