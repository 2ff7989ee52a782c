import type { SqlRunner } from '../../platform/postgres.ts';
import type { Call } from './call.ts';
import { withChange } from './changes.ts';
import type { ControlOptions } from './control-options.ts';
import { lockTenant, type TenantRecord } from './tenant-row.ts';

export interface DeletedTenant {
  tenant: TenantRecord;
  deletedAt: Date;
}

/**
 * Ends a tenant for good: nobody finds it any more, keys for it alone are revoked and the others lose it. Its row stays without
 * anybody to see it, so that its id, by which its data is kept, is never given away; code and slug are free. ApiError 404 when there is none.
 */
export function deleteTenant(options: ControlOptions, call: Call, id: string): Promise<DeletedTenant> {
  return withChange(options, {
    call,
    subject: { action: 'tenant.delete', objectType: 'tenant', objectId: id, tenant: id },
    async run(sql, report) {
      const tenant = await lockTenant(sql, id);
      const deletedAt = new Date(options.now());
      await endKeys(sql, id, deletedAt);
      await sql`UPDATE tenants SET deleted_at = ${deletedAt} WHERE id = ${id}`;
      report({ objectId: id, tenant: id, before: tenant });
      return { tenant, deletedAt };
    },
  });
}

async function endKeys(sql: SqlRunner, tenant: string, at: Date): Promise<void> {
  await sql`
    UPDATE api_keys SET revoked_at = ${at}
    WHERE revoked_at IS NULL AND NOT all_tenants
      AND EXISTS (SELECT FROM api_key_tenants WHERE key_id = api_keys.id AND tenant_id = ${tenant})
      AND NOT EXISTS (SELECT FROM api_key_tenants WHERE key_id = api_keys.id AND tenant_id <> ${tenant})`;
  await sql`DELETE FROM api_key_tenants WHERE tenant_id = ${tenant}`;
}
