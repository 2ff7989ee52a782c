import { notFound } from '../../platform/errors.ts';
import type { Directory, Tenant } from '../../platform/tenancy/tenancy.ts';
import type { Organization, OrganizationRecord } from '../../schemas/api/organizations.ts';
import type { TenantRecord } from './tenant-row.ts';

/** As its members see it. */
export function toOrganization({ id, code, name, status, dataRetentionDays, createdAt }: Tenant): Organization {
  return { id, code, name, status, dataRetentionDays, createdAt: new Date(createdAt).toISOString() };
}

/** As those who look after organizations see it. */
export function toOrganizationRecord(tenant: TenantRecord): OrganizationRecord {
  const { number, slug, plan, contactEmail } = tenant;
  return { ...toOrganization(tenant), number, slug, plan, contactEmail };
}

/** The id of an organization by any of its ids, for those who look after all of them. ApiError 404 when there is none. */
export async function organizationId(directory: Directory, reference: string): Promise<string> {
  const tenant = await directory.tenant(reference);
  if (tenant === undefined) throw notFound();
  return tenant.id;
}
