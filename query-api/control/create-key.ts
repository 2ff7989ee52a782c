import { forbidden, validationError } from '../../platform/errors.ts';
import type { SqlRunner } from '../../platform/postgres.ts';
import { createKey, hashKey, type KeyFamily, maskKey } from '../../platform/tenancy/keys.ts';
import type { Permission, Principal, Tenant } from '../../platform/tenancy/tenancy.ts';
import type { Call } from './call.ts';
import { withChange } from './changes.ts';
import { checkKeyQuota } from './check-key-quota.ts';
import type { ControlOptions } from './control-options.ts';
import { type Grant, permissionsFor } from './key-scopes.ts';

export interface KeyToCreate {
  family: KeyFamily;
  name: string;
  grant: Grant;
  /** Binds the key to this tenant; absent: to all that the creator may touch. */
  tenant?: Tenant | undefined;
  /** Milliseconds since the epoch; absent: as long as its creator. */
  expiresAt?: number | undefined;
  /** Absent: that of its creator. */
  rateLimitRps?: number | undefined;
}

export interface IssuedKey {
  id: string;
  name: string;
  /** The key itself: nowhere else. */
  text: string;
  prefix: string;
  permissions: Permission[];
  /** Milliseconds since the epoch. */
  createdAt: number;
  expiresAt: number | null;
  rateLimitRps: number | null;
}

type KeyRow = IssuedKey & { family: KeyFamily; allTenants: boolean; tenants: string[] };

/** Issues a key that allows no more, and lasts no longer, than the credential that creates it: ApiError 403 for more, 400 when it would be expired. */
export function createApiKey(options: ControlOptions, call: Call, key: KeyToCreate): Promise<IssuedKey> {
  const tenant = key.tenant?.id ?? onlyTenant(call.principal);
  const subject = { action: 'key.create', objectType: 'key', tenant };
  return withChange(options, {
    call,
    subject,
    async run(sql, report) {
      const row = toRow(key, call.principal, options.now());
      await checkKeyQuota(sql, row.tenants, options.now());
      await insertKey(sql, options, { ...row, createdBy: call.principal.credentialId });
      const { text: _, ...shown } = row;
      report({ objectId: row.id, tenant, after: shown });
      return row;
    },
  });
}

function toRow(key: KeyToCreate, creator: Principal, now: number): KeyRow {
  const { family, name, grant, tenant } = key;
  const permissions = permissionsFor(grant, creator);
  const [expiresAt, rateLimitRps] = [expiryOf(key, creator, now), rateLimitOf(key, creator)];
  const allTenants = tenant === undefined && creator.tenants === 'all';
  const tenants = tenant === undefined ? [...creator.tenants] : [tenant.id];
  const { id, text } = createKey(family);
  return {
    id,
    text,
    family,
    name: name.trim(),
    prefix: maskKey({ kind: 'issued', id }, text),
    permissions,
    createdAt: now,
    expiresAt,
    rateLimitRps,
    allTenants,
    tenants: allTenants ? [] : tenants,
  };
}

function expiryOf({ expiresAt }: KeyToCreate, creator: Principal, now: number): number | null {
  if (expiresAt !== undefined && !(expiresAt > now)) {
    throw validationError('Request body contains invalid fields.', [
      { field: 'expires_at', issue: 'must be in the future' },
    ]);
  }
  if (expiresAt !== undefined && creator.expiresAt !== undefined && expiresAt > creator.expiresAt)
    throw forbidden('A key cannot outlive the key that creates it.');
  return expiresAt ?? creator.expiresAt ?? null;
}

function rateLimitOf({ rateLimitRps }: KeyToCreate, creator: Principal): number | null {
  if (rateLimitRps !== undefined && creator.rateLimitRps !== undefined && rateLimitRps > creator.rateLimitRps)
    throw forbidden('A key cannot have a higher rate limit than the key that creates it.');
  return rateLimitRps ?? creator.rateLimitRps ?? null;
}

/** The tenant of a credential that has one; null when it has none or several. */
function onlyTenant({ tenants }: Principal): string | null {
  return tenants !== 'all' && tenants.length === 1 ? (tenants[0] ?? null) : null;
}

async function insertKey(
  sql: SqlRunner,
  { pepper }: ControlOptions,
  key: KeyRow & { createdBy: string },
): Promise<void> {
  const { hmac, pepperVersion } = hashKey(key.text, pepper);
  const expiresAt = key.expiresAt === null ? null : new Date(key.expiresAt);
  await sql`
    INSERT INTO api_keys
      (id, name, family, origin, permissions, all_tenants, secret_hmac, pepper_version, prefix, expires_at, rate_limit_rps,
       created_at, created_by)
    VALUES (${key.id}, ${key.name}, ${key.family}, 'issued', ${key.permissions}, ${key.allTenants}, ${hmac}, ${pepperVersion},
            ${key.prefix}, ${expiresAt}, ${key.rateLimitRps}, ${new Date(key.createdAt)}, ${key.createdBy})`;
  if (key.tenants.length === 0) return;
  await sql`INSERT INTO api_key_tenants (key_id, tenant_id) SELECT ${key.id}, unnest(${key.tenants}::text[])`;
}
