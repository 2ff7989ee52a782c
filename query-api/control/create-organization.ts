import { conflict } from '../../platform/errors.ts';
import { type SqlRunner, violatedUniqueConstraint } from '../../platform/postgres.ts';
import { randomBase62 } from '../../platform/tenancy/keys.ts';
import type { Tenant } from '../../platform/tenancy/tenancy.ts';
import { CONTROL_LIMITS } from '../../schemas/api/control-limits.ts';
import type { NewOrganization } from '../../schemas/api/organizations.ts';
import type { Call } from './call.ts';
import { withChange } from './changes.ts';
import type { ControlOptions } from './control-options.ts';
import type { TenantRecord } from './tenant-row.ts';

type NewTenant = Omit<TenantRecord, 'number' | 'shard' | 'status'>;

const idLength = 12;

/** Adds a tenant in the next shard. ApiError 409 when its code or slug is taken, also as the other of the two. */
export async function createOrganization(
  options: ControlOptions,
  call: Call,
  organization: NewOrganization,
): Promise<TenantRecord> {
  const tenant = toTenant(organization, options.now());
  const subject = { action: 'tenant.create', objectType: 'tenant', objectId: tenant.code, tenant: null };
  try {
    return await withChange(options, {
      call,
      subject,
      async run(sql, report) {
        const created: TenantRecord = { ...tenant, ...(await insertTenant(sql, tenant)), status: 'active' };
        report({ objectId: created.id, tenant: created.id, after: created });
        return created;
      },
    });
  } catch (error) {
    const constraint = violatedUniqueConstraint(error);
    if (constraint === undefined) throw error;
    throw constraint === 'tenants_slug_key' ? slugTaken(tenant) : codeTaken(tenant);
  }
}

function toTenant(organization: NewOrganization, createdAt: number): NewTenant {
  const { code, name, slug, plan, contactEmail, dataRetentionDays } = organization;
  const upperCode = code.toUpperCase();
  return {
    id: `org_${randomBase62(idLength)}`,
    code: upperCode,
    slug: slug ?? upperCode.toLowerCase().replaceAll('_', '-'),
    name: name.trim(),
    plan: plan ?? null,
    contactEmail: contactEmail ?? null,
    dataRetentionDays: dataRetentionDays ?? CONTROL_LIMITS.defaultRetentionDays,
    createdAt,
  };
}

// The number is drawn first because the shard follows it: tenants go round the partitions of the log.
async function insertTenant(sql: SqlRunner, tenant: NewTenant): Promise<Pick<Tenant, 'number' | 'shard'>> {
  const { id, code, slug, name, plan, contactEmail, dataRetentionDays, createdAt } = tenant;
  const [assigned] = await sql<Pick<Tenant, 'number' | 'shard'>[]>`
    INSERT INTO tenants (id, number, code, slug, name, plan, contact_email, data_retention_days, shard, created_at)
    SELECT ${id}, next::integer, ${code}, ${slug}, ${name}, ${plan}, ${contactEmail}, ${dataRetentionDays}, next::integer,
           ${new Date(createdAt)}
    FROM nextval(pg_get_serial_sequence('tenants', 'number')) AS next
    WHERE NOT EXISTS (SELECT FROM tenants WHERE deleted_at IS NULL AND (slug = lower(${code}) OR code = upper(${slug})))
    RETURNING number, shard`;
  if (assigned === undefined) throw codeTaken(tenant);
  return { ...assigned };
}

const codeTaken = ({ code }: NewTenant) => conflict(`An organization with the code or slug '${code}' exists already.`);

const slugTaken = ({ slug }: NewTenant) =>
  conflict(`An organization with the slug '${slug}' exists already; choose another 'slug'.`);
