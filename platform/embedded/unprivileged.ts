import { execFile } from 'node:child_process';
import { chown, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EngineStartError } from './engine-process.ts';

const run = promisify(execFile);

/** How to run a program that refuses to run as root. */
export interface Unprivileged {
  /** Program and arguments to put in front of the command; empty when there is nothing to drop. */
  prefix: string[];
  /** User to run as, where a prefix cannot do it. */
  uid?: number;
}

const unshare = ['unshare', '--user', '--map-user=1000', '--map-group=1000'];
const nobody = 65_534;

/**
 * Finds a way to run `program` without root's rights: as we are, in a user namespace, or as `nobody`.
 * Throws {@link EngineStartError} where none works.
 */
export async function findUnprivileged(program: string, uid = process.getuid?.()): Promise<Unprivileged> {
  if (uid !== 0) return { prefix: [] };
  const [command = '', ...args] = unshare;
  if (await succeeds(command, [...args, program, '--version'])) return { prefix: unshare };
  if (await succeeds(program, ['--version'], nobody)) return { prefix: [], uid: nobody };
  throw new EngineStartError(
    'refuses to run as root, and here neither a user namespace (unshare) nor the user nobody can run it; start Tidemark as an ordinary user or set DATABASE_URL',
  );
}

/** Gives a directory and all below it to the user the program runs as. */
export async function handOver(dir: string, { uid }: Unprivileged): Promise<void> {
  if (uid === undefined) return;
  await chown(dir, uid, uid);
  for (const entry of await readdir(dir, { recursive: true })) await chown(join(dir, entry), uid, uid);
}

function succeeds(program: string, args: string[], uid?: number): Promise<boolean> {
  return run(program, args, uid === undefined ? {} : { uid, gid: uid }).then(
    () => true,
    () => false,
  );
}
