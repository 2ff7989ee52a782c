import type { HttpServer } from '../../../../../platform/http/server.ts';
import { CONTROL_LIMITS } from '../../../../../schemas/api/control-limits.ts';
import type { NewOrganization } from '../../../../../schemas/api/organizations.ts';
import {
  CreatedTenantSchema,
  type NewTenant,
  NewTenantSchema,
  TenantListSchema,
} from '../../../../../schemas/api/tenants.ts';
import { callOf } from '../../../../control/call.ts';
import { readEventsThisMonth } from '../../../../control/tenant-usage.ts';

export default async function tenants(app: HttpServer): Promise<void> {
  const { clickhouse, directory, control, now } = app.deps;

  app.get(
    '/',
    {
      config: { permission: 'platform', family: 'A' },
      schema: {
        tags: ['Tenants'],
        summary: 'List tenants',
        description: 'All tenants, in the order of their codes. Only for super-admins.',
        response: { 200: TenantListSchema },
      },
    },
    async () => {
      const all = await directory.tenants('all');
      const counts = await readEventsThisMonth(
        clickhouse,
        all.map(({ id }) => id),
        now(),
      );
      return {
        tenants: all.map(({ id, slug, name, plan, createdAt }) => ({
          tenant_id: slug,
          name,
          plan,
          created_at: new Date(createdAt).toISOString(),
          events_this_month: counts.get(id) ?? 0,
        })),
      };
    },
  );

  app.post(
    '/',
    {
      config: { permission: 'platform', family: 'A', action: 'tenant.create' },
      schema: {
        tags: ['Tenants'],
        summary: 'Register a tenant',
        description:
          'Only for super-admins. A tenant is an organization of the metrics API: one row with the ids of all APIs.',
        body: NewTenantSchema,
        response: { 201: CreatedTenantSchema },
      },
    },
    async (request, reply) => {
      const tenant = await control.createOrganization(callOf(request), toOrganization(request.body));
      await directory.propagated();
      return reply.code(201).send({ tenant_id: tenant.slug, created_at: new Date(tenant.createdAt).toISOString() });
    },
  );
}

function toOrganization(tenant: NewTenant): NewOrganization {
  const { tenant_id: slug, name, plan, contact_email: contactEmail, code, data_retention_days: retention } = tenant;
  return {
    slug,
    name,
    code: code ?? slug.slice(0, CONTROL_LIMITS.organizationCodeLength),
    ...(plan === undefined ? {} : { plan }),
    ...(contactEmail === undefined ? {} : { contactEmail }),
    ...(retention === undefined ? {} : { dataRetentionDays: retention }),
  };
}
