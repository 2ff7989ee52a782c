import { notFound } from '../../platform/errors.ts';
import type { SqlRunner } from '../../platform/postgres.ts';
import type { Tenant } from '../../platform/tenancy/tenancy.ts';

/** A tenant with what only its administrators need. */
export interface TenantRecord extends Tenant {
  contactEmail: string | null;
}

type TenantRow = Omit<TenantRecord, 'createdAt'> & { createdAt: Date };

/** The tenant of that id, locked until the transaction ends. ApiError 404 when there is none or it was deleted. */
export async function lockTenant(sql: SqlRunner, id: string): Promise<TenantRecord> {
  const [row] = await sql<TenantRow[]>`
    SELECT id, number, code, slug, name, status, plan, contact_email AS "contactEmail",
           data_retention_days AS "dataRetentionDays", shard, created_at AS "createdAt"
    FROM tenants WHERE id = ${id} AND deleted_at IS NULL FOR UPDATE`;
  if (row === undefined) throw notFound();
  return { ...row, createdAt: row.createdAt.getTime() };
}
