import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { findLiveParts } from './live-parts.ts';

const blockBytes = 512;

/** Bytes below a path as the disk counts them; 0 when it is gone. */
export async function diskUsageOf(path: string): Promise<number> {
  const info = await stat(path).catch(ignoreGone);
  if (info === undefined) return 0;
  if (!info.isDirectory()) return info.blocks * blockBytes;
  return sum((await entriesOf(path)).map(({ name }) => diskUsageOf(join(path, name))));
}

/** Bytes of the parts in force of all MergeTree tables below a path. */
export async function livePartsUsageOf(path: string): Promise<number> {
  const folders = (await entriesOf(path)).filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const live = findLiveParts(folders);
  if (live.length > 0) return sum(live.map((name) => diskUsageOf(join(path, name))));
  return sum(folders.map((name) => livePartsUsageOf(join(path, name))));
}

async function entriesOf(path: string): Promise<Dirent[]> {
  return (await readdir(path, { withFileTypes: true }).catch(ignoreGone)) ?? [];
}

async function sum(sizes: Promise<number>[]): Promise<number> {
  return (await Promise.all(sizes)).reduce((total, size) => total + size, 0);
}

// The engines delete and rename files while they are counted.
function ignoreGone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
}
