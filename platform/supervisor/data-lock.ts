import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lockDirectory } from '../directory-lock.ts';

/** Takes the data directory for this supervisor and returns how to give it back. Throws DirectoryLockedError naming the process that has it. */
export function lockDataDir(dataDir: string): () => void {
  const pidFile = join(dataDir, 'supervisor.pid');
  const unlock = lockDirectory(
    dataDir,
    () => `${dataDir} is in use by a running Tidemark (process ${readPid(pidFile)})`,
  );
  writeFileSync(pidFile, `${process.pid}\n`);
  return unlock;
}

function readPid(pidFile: string): string {
  try {
    return readFileSync(pidFile, 'utf8').trim();
  } catch {
    return 'unknown';
  }
}
