import { ConfigError } from '../config.ts';
import { closePostgres, createPostgres, type Sql, type SqlRunner } from '../postgres.ts';
import { createKey, hashKey, keyId, maskKey, minGivenKeyLength, parseKey } from './keys.ts';
import type { Pepper } from './pepper.ts';
import { adminPermissions } from './roles.ts';
import type { Permission } from './tenancy.ts';

export interface BootstrapOptions {
  databaseUrl: string;
  pepper: Pepper;
  /** Value of the bootstrap admin key chosen by the operator (TIDEMARK_ADMIN_KEY). */
  adminKey?: string | undefined;
}

interface BootstrapKey {
  id: string;
  text: string;
  prefix: string;
  origin: 'bootstrap' | 'operator';
}

const permissions: Permission[] = [...adminPermissions, 'platform'];
const bootstrapLock = 7_308_345_613;

/**
 * Sees to it that there is a key for everything over all tenants. Without `adminKey` one is generated, but only in a database that never
 * had one; with it, exactly that key is in force and an earlier choice of the operator is revoked, so changing the variable replaces the
 * key. A key that was revoked through the API stays revoked. Returns the text of a key created by this call, to be shown once; undefined
 * when there was one. Throws ConfigError when `adminKey` has the form of an issued key with a wrong checksum.
 */
export async function bootstrapAdminKey({
  databaseUrl,
  pepper,
  adminKey,
}: BootstrapOptions): Promise<string | undefined> {
  const key = adminKey === undefined ? generated() : given(adminKey, pepper);
  const sql = createPostgres(databaseUrl, { max: 1, applicationName: 'tidemark bootstrap' });
  try {
    return await ensureKey(sql, key, pepper);
  } finally {
    await closePostgres(sql);
  }
}

async function ensureKey(sql: Sql, key: BootstrapKey, pepper: Pepper): Promise<string | undefined> {
  const isCreated = await sql.begin(async (transaction) => {
    await transaction`SELECT pg_advisory_xact_lock(${bootstrapLock})`;
    if (key.origin === 'operator') await revokeEarlierChoices(transaction, key.id);
    else if (await hasBootstrapKey(transaction)) return false;
    return insertKey(transaction, key, pepper);
  });
  return isCreated ? key.text : undefined;
}

async function hasBootstrapKey(sql: SqlRunner): Promise<boolean> {
  const rows = await sql`SELECT 1 FROM api_keys WHERE origin <> 'issued' LIMIT 1`;
  return rows.length > 0;
}

async function revokeEarlierChoices(sql: SqlRunner, id: string): Promise<void> {
  await sql`UPDATE api_keys SET revoked_at = now() WHERE origin = 'operator' AND id <> ${id} AND revoked_at IS NULL`;
}

// An operator's key that is there already keeps its state, but gets the current hash: the pepper may be a new one.
async function insertKey(sql: SqlRunner, key: BootstrapKey, pepper: Pepper): Promise<boolean> {
  const { hmac, pepperVersion } = hashKey(key.text, pepper);
  const rows = await sql<{ isCreated: boolean }[]>`
    INSERT INTO api_keys (id, name, family, origin, permissions, all_tenants, secret_hmac, pepper_version, prefix, created_at)
    VALUES (${key.id}, 'Bootstrap admin', 'mk_live', ${key.origin}, ${permissions}, true, ${hmac}, ${pepperVersion}, ${key.prefix}, now())
    ON CONFLICT (id) DO UPDATE SET secret_hmac = excluded.secret_hmac, pepper_version = excluded.pepper_version
    RETURNING (xmax = 0) AS "isCreated"`;
  return rows[0]?.isCreated === true;
}

function generated(): BootstrapKey {
  const { id, text } = createKey('mk_live');
  return { id, text, prefix: maskKey({ kind: 'issued', id }, text), origin: 'bootstrap' };
}

function given(text: string, pepper: Pepper): BootstrapKey {
  const parsed = text.startsWith('mk_live_') ? parseKey(text) : undefined;
  if (parsed === undefined) {
    throw new ConfigError(
      `TIDEMARK_ADMIN_KEY cannot be used (not shown); expected mk_live_ followed by at least ${minGivenKeyLength} letters, digits, ` +
        'underscores or hyphens, and not a mistyped copy of an issued key',
    );
  }
  return { id: keyId(parsed, text, pepper), text, prefix: maskKey(parsed, text), origin: 'operator' };
}
