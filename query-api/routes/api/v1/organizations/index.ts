import type { HttpServer } from '../../../../../platform/http/server.ts';
import {
  NewOrganizationSchema,
  OrganizationListSchema,
  OrganizationRecordSchema,
} from '../../../../../schemas/api/organizations.ts';
import { callOf } from '../../../../control/call.ts';
import { toOrganization, toOrganizationRecord } from '../../../../control/organization-views.ts';

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
      config: { permission: 'platform', extension: true, action: 'tenant.create' },
      schema: {
        tags: ['Organizations'],
        summary: 'Create an organization',
        description: 'Only for keys that span the whole platform, such as the bootstrap admin key.',
        body: NewOrganizationSchema,
        response: { 201: OrganizationRecordSchema },
      },
    },
    async (request, reply) => {
      const tenant = await control.createOrganization(callOf(request), request.body);
      await directory.propagated();
      return reply.code(201).send(toOrganizationRecord(tenant));
    },
  );
}
