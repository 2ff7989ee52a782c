import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Migration, pendingMigrations, readMigrations } from '../../../platform/migrate/migration-files.ts';

let folder: string;
const write = (name: string, sql: string) => writeFile(join(folder, name), sql);
const migration = (version: number, checksum = 'same'): Migration => ({
  version,
  name: `number-${version}`,
  checksum,
  sql: '',
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidemark-migrations-'));
});

afterEach(() => rm(folder, { recursive: true }));

describe('readMigrations', () => {
  it('reads the files in the order of their numbers', async () => {
    await write('0002-second.sql', 'b');
    await write('0001-first.sql', 'a');
    await write('notes.txt', '');
    const migrations = await readMigrations(folder);
    expect(migrations.map(({ version, name, sql }) => [version, name, sql])).toEqual([
      [1, 'first', 'a'],
      [2, 'second', 'b'],
    ]);
  });

  it('gives the same checksum whatever line ends a checkout makes', async () => {
    await write('0001-unix.sql', 'a\nb\n');
    await write('0002-dos.sql', 'a\r\nb\r\n');
    const [unix, dos] = await readMigrations(folder);
    expect(unix?.checksum).toBe(dos?.checksum);
  });

  it('refuses a bad name and a number used twice', async () => {
    await write('1-short.sql', '');
    await expect(readMigrations(folder)).rejects.toThrow('not named like');
    await rm(join(folder, '1-short.sql'));
    await write('0001-one.sql', '');
    await write('0001-other.sql', '');
    await expect(readMigrations(folder)).rejects.toThrow('two migrations have the number 1');
  });
});

describe('pendingMigrations', () => {
  it('leaves those that are not applied', () => {
    expect(pendingMigrations([migration(1), migration(2)], [migration(1)])).toEqual([migration(2)]);
  });

  it('refuses an edited one', () => {
    expect(() => pendingMigrations([migration(1, 'new')], [migration(1)])).toThrow(
      'migration 1 (number-1) was edited after it was applied',
    );
  });

  it('refuses a database that is ahead of the program', () => {
    expect(() => pendingMigrations([migration(1)], [migration(1), migration(2)])).toThrow('does not know');
  });

  it('refuses one that comes late', () => {
    expect(() => pendingMigrations([migration(1), migration(2)], [migration(2)])).toThrow('renumber');
  });
});
