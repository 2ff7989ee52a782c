import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Migration {
  version: number;
  /** File name without number and ending. */
  name: string;
  /** SHA-256 of the text, hexadecimal. */
  checksum: string;
  sql: string;
}

export interface AppliedMigration {
  version: number;
  name: string;
  checksum: string;
}

/** The migration files and the database disagree; the message says what to do. */
export class MigrationError extends Error {
  override name = 'MigrationError';
}

const fileName = /^(\d{4})-([a-z0-9]+(?:-[a-z0-9]+)*)\.sql$/;

/** All migrations of a folder in the order of their numbers. Throws {@link MigrationError} on a bad name or a number used twice. */
export async function readMigrations(folder: string): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  const migrations = await Promise.all(names.map((name) => readMigration(folder, name)));
  for (const [index, migration] of migrations.entries()) {
    if (migrations[index - 1]?.version === migration.version)
      throw new MigrationError(`two migrations have the number ${migration.version} in ${folder}`);
  }
  return migrations;
}

/** The migrations still to apply. Throws {@link MigrationError} when an applied one was edited, is missing or would come out of order. */
export function pendingMigrations(migrations: readonly Migration[], applied: readonly AppliedMigration[]): Migration[] {
  const byVersion = new Map(migrations.map((migration) => [migration.version, migration]));
  for (const { version, name, checksum } of applied) {
    const known = byVersion.get(version);
    if (known === undefined)
      throw new MigrationError(`the database has migration ${version} (${name}), which this version does not know`);
    if (known.checksum !== checksum)
      throw new MigrationError(
        `migration ${version} (${known.name}) was edited after it was applied; restore the file and add a new one`,
      );
  }
  const done = new Set(applied.map(({ version }) => version));
  const newest = Math.max(0, ...done);
  const pending = migrations.filter(({ version }) => !done.has(version));
  const late = pending.find(({ version }) => version < newest);
  if (late !== undefined)
    throw new MigrationError(`migration ${late.version} (${late.name}) comes after ${newest} was applied; renumber it`);
  return pending;
}

async function readMigration(folder: string, name: string): Promise<Migration> {
  const [, number, title] = fileName.exec(name) ?? [];
  if (number === undefined || title === undefined)
    throw new MigrationError(`${name} in ${folder} is not named like 0001-what-it-does.sql`);
  const sql = (await readFile(join(folder, name), 'utf8')).replaceAll('\r\n', '\n');
  return { version: Number(number), name: title, checksum: createHash('sha256').update(sql).digest('hex'), sql };
}
