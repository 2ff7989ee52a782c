import type { SqlRunner } from '../../platform/postgres.ts';
import type { Principal } from '../../platform/tenancy/tenancy.ts';

/**
 * The condition on `api_keys` that a principal may see and revoke the key: it may touch every tenant of the key. Keys for all tenants
 * are for those who are for all tenants themselves; so are keys without any tenant left.
 */
export function isVisible(sql: SqlRunner, { tenants }: Principal) {
  if (tenants === 'all') return sql`true`;
  const ids = [...tenants];
  return sql`
    NOT all_tenants
    AND EXISTS (SELECT FROM api_key_tenants WHERE key_id = api_keys.id)
    AND NOT EXISTS (SELECT FROM api_key_tenants WHERE key_id = api_keys.id AND tenant_id <> ALL (${ids}::text[]))`;
}
