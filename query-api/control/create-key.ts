import { forbidden } from '../../platform/errors.ts';
import type { SqlRunner } from '../../platform/postgres.ts';
import { createKey, hashKey, maskKey } from '../../platform/tenancy/keys.ts';
import type { Principal, Tenant } from '../../platform/tenancy/tenancy.ts';
import type { CreatedKey, KeyScope } from '../../schemas/api/keys.ts';
import type { ControlOptions } from './control-options.ts';
import { scopePermissions } from './key-scopes.ts';

export interface KeyToCreate {
  principal: Principal;
  name: string;
  scope: KeyScope;
  /** Binds the key to this tenant; absent: to all that the principal may touch. */
  tenant?: Tenant;
}

/** Issues a key of the metrics API's family. Its text is in the answer and nowhere else. */
export async function createApiKey(options: ControlOptions, key: KeyToCreate): Promise<CreatedKey> {
  const { principal, scope } = key;
  if (!scopePermissions[scope].every((permission) => principal.permissions.has(permission)))
    throw forbidden('A key cannot be given more than the key that creates it may do.');
  const { id, text } = createKey('mk_live');
  const name = key.name.trim();
  const createdAt = new Date(options.now());
  await options.sql.begin(async (transaction) => {
    await insertKey(transaction, options, { ...key, id, text, name, createdAt });
    await insertTenants(transaction, id, key);
  });
  return { id, name, scope, key: text, createdAt: createdAt.toISOString() };
}

interface KeyToInsert extends KeyToCreate {
  id: string;
  text: string;
  createdAt: Date;
}

async function insertKey(sql: SqlRunner, { pepper }: ControlOptions, key: KeyToInsert): Promise<void> {
  const { id, text, name, scope, principal, tenant, createdAt } = key;
  const { hmac, pepperVersion } = hashKey(text, pepper);
  const allTenants = tenant === undefined && principal.tenants === 'all';
  const prefix = maskKey({ kind: 'issued', id }, text);
  await sql`
    INSERT INTO api_keys
      (id, name, family, origin, permissions, all_tenants, secret_hmac, pepper_version, prefix, created_at, created_by)
    VALUES (${id}, ${name}, 'mk_live', 'issued', ${[...scopePermissions[scope]]}, ${allTenants}, ${hmac}, ${pepperVersion},
            ${prefix}, ${createdAt}, ${principal.credentialId})`;
}

async function insertTenants(sql: SqlRunner, keyId: string, { tenant, principal }: KeyToCreate): Promise<void> {
  if (tenant === undefined && principal.tenants === 'all') return;
  const tenants = tenant === undefined ? [...principal.tenants] : [tenant.id];
  await sql`INSERT INTO api_key_tenants (key_id, tenant_id) SELECT ${keyId}, unnest(${tenants}::text[])`;
}
