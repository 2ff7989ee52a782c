import { chmodSync, existsSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createMissingLinks } from '../../../platform/embedded/postgres-package.ts';
import { readOrCreateSecrets } from '../../../platform/embedded/secret-file.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tidemark-links-'));
  mkdirSync(join(root, 'native/lib'), { recursive: true });
  writeFileSync(join(root, 'native/lib/libpq.so.5.18'), 'library');
  const links = [{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }];
  writeFileSync(join(root, 'native/pg-symlinks.json'), JSON.stringify(links));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

it('makes the links that the package’s install script would have made', async () => {
  await createMissingLinks(root);
  expect(readlinkSync(join(root, 'native/lib/libpq.so.5'))).toBe('libpq.so.5.18');
  expect(existsSync(join(root, 'native/lib/libpq.so.5'))).toBe(true);
});

it('changes nothing where the links are there, even in a read-only package', async () => {
  await createMissingLinks(root);
  chmodSync(join(root, 'native/lib'), 0o555);
  await createMissingLinks(root);
  chmodSync(join(root, 'native/lib'), 0o755);
});

it('generates each secret once', async () => {
  const path = join(root, 'secrets.json');
  const first = await readOrCreateSecrets(path, ['a']);
  const second = await readOrCreateSecrets(path, ['a', 'b']);
  expect(second.a).toBe(first.a);
  expect(second.b).toMatch(/^[A-Za-z0-9_-]{43}$/);
});
