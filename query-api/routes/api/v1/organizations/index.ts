import type { HttpServer } from '../../../../../platform/http/server.ts';
import type { Tenant } from '../../../../../platform/tenancy/tenancy.ts';
import {
  type CreatedOrganization,
  CreatedOrganizationSchema,
  NewOrganizationSchema,
  type Organization,
  OrganizationListSchema,
} from '../../../../../schemas/api/organizations.ts';

export default async function organizations(app: HttpServer): Promise<void> {
  const { directory, control } = app.deps;

  app.get(
    '/',
    {
      config: { permission: 'query' },
      schema: {
        tags: ['Organizations'],
        summary: 'List organizations',
        description: 'All organizations the key may touch, in the order of their codes.',
        response: { 200: OrganizationListSchema },
      },
    },
    async ({ principal }) => ({ data: (await directory.tenants(principal.tenants)).map(toOrganization) }),
  );

  app.post(
    '/',
    {
      config: { permission: 'platform' },
      schema: {
        tags: ['Organizations', 'Extensions'],
        summary: 'Create an organization',
        description: 'Extension. Only for keys that span the whole platform, such as the bootstrap admin key.',
        body: NewOrganizationSchema,
        response: { 201: CreatedOrganizationSchema },
      },
    },
    async ({ body }, reply) => {
      const tenant = await control.createOrganization(body);
      await directory.propagated();
      return reply.code(201).send(toCreatedOrganization(tenant));
    },
  );
}

function toOrganization({ id, code, name, status, dataRetentionDays, createdAt }: Tenant): Organization {
  return { id, code, name, status, dataRetentionDays, createdAt: new Date(createdAt).toISOString() };
}

function toCreatedOrganization(tenant: Tenant): CreatedOrganization {
  return { ...toOrganization(tenant), number: tenant.number, slug: tenant.slug };
}
