import type { Tenant } from '../../platform/tenancy/tenancy.ts';
import type { OrganizationChanges } from '../../schemas/api/organizations.ts';
import type { Call } from './call.ts';
import { withChange } from './changes.ts';
import type { ControlOptions } from './control-options.ts';
import { lockTenant, type TenantRecord } from './tenant-row.ts';

export interface TenantChange {
  /** Id of the tenant. */
  tenant: string;
  action: 'tenant.change' | 'tenant.suspend' | 'tenant.resume';
  changes: OrganizationChanges & Partial<Pick<Tenant, 'status'>>;
}

/** Changes what is given and leaves the rest; null takes a plan or contact away. ApiError 404 when there is no such tenant. */
export function changeTenant(options: ControlOptions, call: Call, change: TenantChange): Promise<TenantRecord> {
  const { tenant: id, action, changes } = change;
  return withChange(options, {
    call,
    subject: { action, objectType: 'tenant', objectId: id, tenant: id },
    async run(sql, report) {
      const before = await lockTenant(sql, id);
      const after: TenantRecord = { ...before, ...changes, name: (changes.name ?? before.name).trim() };
      await sql`
        UPDATE tenants SET name = ${after.name}, plan = ${after.plan}, contact_email = ${after.contactEmail},
               data_retention_days = ${after.dataRetentionDays}, status = ${after.status}
        WHERE id = ${id}`;
      report({ objectId: id, tenant: id, before, after });
      return after;
    },
  });
}
