import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, type Env } from '../config.ts';

/** The secrets that key hashes depend on and the database never sees. New hashes use `current`; the others verify older ones. */
export interface Pepper {
  current: number;
  secrets: ReadonlyMap<number, Buffer>;
}

const variable = 'TIDEMARK_KEY_PEPPER';
const fileName = 'pepper';
const secretBytes = 32;
const minSecretBytes = 16;
const entryPattern = /^v([1-9]\d{0,5}):([A-Za-z0-9_-]+)$/;
const ownerOnly = 0o600;

/** Reads `v2:<base64url>,v1:<base64url>`, the current version first. Throws {@link ConfigError} without showing the value. */
export function parsePepper(text: string, source: string = variable): Pepper {
  const entries = text.trim().split(',').map(parseEntry);
  const secrets = new Map(entries.filter((entry) => entry !== undefined));
  const [current] = secrets.keys();
  if (current === undefined || secrets.size !== entries.length) {
    throw new ConfigError(
      `${source} is not a list of peppers (not shown); expected v1:<base64url of at least ${minSecretBytes} bytes>`,
    );
  }
  return { current, secrets };
}

/** The pepper from the environment, as every tier gets it. Throws {@link ConfigError} when it is not set or malformed. */
export function readPepper(env: Env): Pepper {
  const text = env[variable];
  if (text === undefined)
    throw new ConfigError(`${variable} is not set; expected the pepper that the keys were hashed with`);
  return parsePepper(text);
}

/**
 * The pepper of a data directory in the form that {@link parsePepper} reads, to be passed on as TIDEMARK_KEY_PEPPER. Created on first
 * use, readable by the owner only; safe when two processes do it at once. Without this file no stored key verifies any more.
 */
export async function ensurePepper(dataDir: string): Promise<string> {
  const path = join(dataDir, fileName);
  const existing = await readIfThere(path);
  if (existing === undefined) await createPepper(dataDir, path);
  const text = (existing ?? (await readFile(path, 'utf8'))).trim();
  parsePepper(text, path);
  return text;
}

// Written aside and linked: a crash leaves the whole file or none, and of two creators one wins.
async function createPepper(dataDir: string, path: string): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const file = await open(draft, 'wx', ownerOnly);
  try {
    await file.writeFile(`v1:${randomBytes(secretBytes).toString('base64url')}\n`);
    await file.sync();
    await link(draft, path).catch(ignoreExisting);
  } finally {
    await file.close();
    await rm(draft);
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new Error(`cannot read ${path}`, { cause: error });
  }
}

function ignoreExisting(error: unknown): void {
  if (codeOf(error) !== 'EEXIST') throw error;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function parseEntry(text: string): [number, Buffer] | undefined {
  const [, version, secret] = entryPattern.exec(text) ?? [];
  if (version === undefined || secret === undefined) return undefined;
  const bytes = Buffer.from(secret, 'base64url');
  return bytes.length < minSecretBytes ? undefined : [Number(version), bytes];
}
