import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LogCorruptError, LogUnavailableError } from '../../../platform/log-store/log-store.ts';
import { openOffsetFiles } from '../../../platform/log-store/offset-files.ts';
import { withTempDir } from './temp-dir.ts';

describe('the files of groups', () => {
  let temp: Awaited<ReturnType<typeof withTempDir>>;
  let dir = '';

  beforeEach(async () => {
    temp = await withTempDir();
    dir = join(temp.dir, 'groups');
  });
  afterEach(() => temp.remove());

  const commit = (offset: number) => ({ committed: { 'events/0': { offset, metadata: `m${offset}` } } });

  test('keep epoch and offsets across a restart', async () => {
    const store = await openOffsetFiles(dir);
    await store.save('a-b.1', { epoch: 3 });
    await store.save('a-b.1', commit(7));
    const again = await openOffsetFiles(dir);
    expect(again.read('a-b.1')).toEqual({ epoch: 3, committed: { 'events/0': { offset: 7, metadata: 'm7' } } });
    expect(again.read('other')).toEqual({ epoch: 0, committed: {} });
  });

  test('take the last of many changes made at once', async () => {
    const store = await openOffsetFiles(dir);
    await Promise.all(Array.from({ length: 100 }, (_, index) => store.save('group', commit(index))));
    expect((await openOffsetFiles(dir)).read('group').committed['events/0']?.offset).toBe(99);
  });

  test('reject a change that cannot be written and do not show it', async () => {
    const store = await openOffsetFiles(dir);
    await store.save('group', commit(1));
    await rm(dir, { recursive: true });
    await expect(store.save('group', commit(2))).rejects.toThrow(LogUnavailableError);
    expect(store.read('group').committed['events/0']?.offset).toBe(1);
    await mkdir(dir);
    await store.save('group', commit(3));
    expect(store.read('group').committed['events/0']?.offset).toBe(3);
  });

  test('are not replaced by nothing when they cannot be understood', async () => {
    await mkdir(dir);
    await writeFile(join(dir, 'group.json'), '{"epoch"');
    await expect(openOffsetFiles(dir)).rejects.toThrow(LogCorruptError);
    expect(await readdir(dir)).toEqual(['group.json']);
  });
});
