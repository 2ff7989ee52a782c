import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';

const secretBytes = 32;

/** Reads the named secrets of a file only its owner can read (0600); generates the missing ones once. Each is 43 URL-safe characters. */
export async function readOrCreateSecrets<Name extends string>(
  path: string,
  names: readonly Name[],
): Promise<Record<Name, string>> {
  const known = await readSecrets(path);
  const missing = names.filter((name) => known[name] === undefined);
  const secrets = { ...known };
  for (const name of missing) secrets[name] = randomBytes(secretBytes).toString('base64url');
  if (missing.length > 0) await writePrivateFile(path, `${JSON.stringify(secrets, null, 2)}\n`);
  return secrets as Record<Name, string>;
}

/** Replaces the file in one step; only its owner can read it. */
export async function writePrivateFile(path: string, content: string): Promise<void> {
  const draft = `${path}.new`;
  await writeFile(draft, content, { mode: 0o600, flush: true });
  await rename(draft, path);
}

async function readSecrets(path: string): Promise<Record<string, string>> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Record<string, string>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new Error(`cannot read the secrets in ${path}`, { cause: error });
  }
}
