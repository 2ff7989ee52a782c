import { execFile } from 'node:child_process';
import { mkdir, open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A small file system of its own, in memory. */
export interface Volume extends AsyncDisposable {
  /** Takes all the room there is, and what is freed meanwhile, until `free`. */
  fill(): Promise<void>;
  free(): Promise<void>;
  freeMiB(): Promise<number>;
}

const run = promisify(execFile);
const ballastName = 'ballast';
const mib = 1_024 * 1_024;
const refillMs = 200;

/** Mounts an empty volume of that size over the directory, which is created. Throws where mounting is not allowed: a disk cannot be full there. */
export async function mountVolume(directory: string, sizeMiB: number): Promise<Volume> {
  await mkdir(directory, { recursive: true });
  await run('mount', ['-t', 'tmpfs', '-o', `size=${sizeMiB}m,mode=0755`, 'tidemark-chaos', directory]).catch(
    (cause: unknown) => {
      throw new Error('a volume to fill needs the right to mount (root, CAP_SYS_ADMIN)', { cause });
    },
  );
  const ballast = join(directory, ballastName);
  let timer: NodeJS.Timeout | undefined;
  let filling: Promise<void> = Promise.resolve();
  const free = async () => {
    clearInterval(timer);
    await filling;
    await rm(ballast, { force: true });
  };
  return {
    async fill() {
      await takeRoom(ballast);
      timer = setInterval(() => {
        filling = filling.then(() => takeRoom(ballast));
      }, refillMs);
    },
    free,
    async freeMiB() {
      const { bavail, bsize } = await statfs(directory);
      return (bavail * bsize) / mib;
    },
    async [Symbol.asyncDispose]() {
      await free();
      await run('umount', ['--lazy', directory]);
    },
  };
}

/** Appends until the last block is gone. */
async function takeRoom(path: string): Promise<void> {
  const file = await open(path, 'a');
  try {
    for (let size = mib; size >= 4_096; size = Math.floor(size / 2)) {
      const block = Buffer.alloc(size);
      while (await isWritten(file.write(block)));
    }
  } finally {
    await file.close();
  }
}

const isWritten = (writing: Promise<{ bytesWritten: number }>): Promise<boolean> =>
  writing.then(
    ({ bytesWritten }) => bytesWritten > 0,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOSPC') return false;
      throw error;
    },
  );
