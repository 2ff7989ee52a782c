import { execFile } from 'node:child_process';
import { chown, lchown, readdir, stat } from 'node:fs/promises';
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
const root = 0;
const nobody = 65_534;

/**
 * Finds a way to run `program` without root's rights: as we are, in a user namespace, or as `nobody`.
 * Throws {@link EngineStartError} where none works.
 */
export async function findUnprivileged(program: string, uid = process.getuid?.()): Promise<Unprivileged> {
  if (uid !== root) return { prefix: [] };
  const [command = '', ...args] = unshare;
  if (await succeeds(command, [...args, program, '--version'])) return { prefix: unshare };
  if (await succeeds(program, ['--version'], nobody)) return { prefix: [], uid: nobody };
  throw new EngineStartError(
    'refuses to run as root, and here neither a user namespace (unshare) nor the user nobody can run it; start Tidemark as an ordinary user or set DATABASE_URL',
  );
}

/**
 * Gives a directory and all below it to the user the program runs as, which may be another one than last time. Only root can, and only
 * root has to.
 */
export async function handOver(dir: string, { uid = root }: Unprivileged): Promise<void> {
  if (process.getuid?.() !== root || (await stat(dir)).uid === uid) return;
  for (const entry of await readdir(dir, { recursive: true })) await lchown(join(dir, entry), uid, uid);
  // Last: when this is interrupted the next start finds the old owner and does it all again.
  await chown(dir, uid, uid);
}

function succeeds(program: string, args: string[], uid?: number): Promise<boolean> {
  return run(program, args, uid === undefined ? {} : { uid, gid: uid }).then(
    () => true,
    () => false,
  );
}
