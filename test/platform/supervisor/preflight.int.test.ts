import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureWritable } from '../../../platform/supervisor/preflight.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-preflight-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the data directory', () => {
  it('is made with everything that lacks above it, and taken as it is the next time', async () => {
    const dir = join(folder, 'a', 'b', 'c');
    await ensureWritable(dir);
    expect(existsSync(dir)).toBe(true);
    await ensureWritable(dir);
  });

  it('that is a file is refused', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    await expect(ensureWritable(file)).rejects.toThrow(/TIDEMARK_DATA_DIR is .*file; expected a directory/);
    await expect(ensureWritable(join(file, 'below'))).rejects.toThrow(/expected a directory/);
  });

  it('below a file system that makes no directories is refused and not tried for ever', async () => {
    // Where there is no /proc the parent is missing at the root, which an ordinary user may not make either.
    const dir = existsSync('/proc/self') ? '/proc/tidemark/data' : '/dev/null/data';
    await expect(ensureWritable(dir)).rejects.toThrow(/expected a directory that can be written/);
  });
});
