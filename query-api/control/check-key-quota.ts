import { overQuota, quotasOf } from '../../platform/limits/plans.ts';
import type { SqlRunner } from '../../platform/postgres.ts';

/**
 * ApiError 403 when one of the tenants has as many keys in force as its plan allows. The tenants stay locked until the transaction ends, so
 * two requests cannot both take the last place. `at` in milliseconds since the epoch.
 */
export async function checkKeyQuota(sql: SqlRunner, tenants: readonly string[], at: number): Promise<void> {
  if (tenants.length === 0) return;
  const rows = await sql<{ id: string; plan: string | null }[]>`
    SELECT id, plan FROM tenants WHERE id = ANY (${[...tenants]}::text[]) AND plan IS NOT NULL ORDER BY id FOR NO KEY UPDATE`;
  for (const { id, plan } of rows.filter((tenant) => quotasOf(tenant).keys !== null)) {
    const [counted] = await sql<{ keys: number }[]>`
      SELECT count(*)::integer AS keys FROM api_keys JOIN api_key_tenants ON key_id = api_keys.id
      WHERE tenant_id = ${id} AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ${new Date(at)})`;
    const refusal = overQuota('keys', { plan }, (counted?.keys ?? 0) + 1);
    if (refusal !== undefined) throw refusal;
  }
}
