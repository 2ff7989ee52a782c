import type { Sql } from '../../platform/postgres.ts';
import { createKey, hashKey, maskKey } from '../../platform/tenancy/keys.ts';
import type { Permission } from '../../platform/tenancy/tenancy.ts';
import { testPepper } from './control-plane.ts';

export interface KeyParts {
  permissions?: Permission[];
  /** Ids; all tenants when absent. */
  tenants?: string[];
  expiresAt?: Date;
}

/** Adds a tenant `org_<code>` of the given code; returns its id. */
export async function insertTenant(sql: Sql, code: string): Promise<string> {
  const id = `org_${code.padEnd(8, '0')}`;
  await sql`
    INSERT INTO tenants (id, code, slug, name, data_retention_days, shard, created_at)
    VALUES (${id}, ${code}, ${`${code.toLowerCase()}-slug`}, ${`${code} Inc.`}, 30, 0, now())`;
  return id;
}

/** Adds an issued key; returns its id and text. */
export async function insertKey(sql: Sql, parts: KeyParts = {}): Promise<{ id: string; text: string }> {
  const { permissions = ['query'], tenants, expiresAt = null } = parts;
  const { id, text } = createKey('mk_live');
  const { hmac, pepperVersion } = hashKey(text, testPepper);
  await sql`
    INSERT INTO api_keys
      (id, name, family, origin, permissions, all_tenants, secret_hmac, pepper_version, prefix, expires_at, created_at)
    VALUES (${id}, 'Test', 'mk_live', 'issued', ${permissions}, ${tenants === undefined}, ${hmac}, ${pepperVersion},
            ${maskKey({ kind: 'issued', id }, text)}, ${expiresAt}, now())`;
  for (const tenant of tenants ?? [])
    await sql`INSERT INTO api_key_tenants (key_id, tenant_id) VALUES (${id}, ${tenant})`;
  return { id, text };
}
