import type { HttpServer } from '../../../../../../platform/http/server.ts';
import {
  DeletedOrganizationSchema,
  OrganizationChangesSchema,
  OrganizationParamsSchema,
  OrganizationRecordSchema,
} from '../../../../../../schemas/api/organizations.ts';
import { callOf } from '../../../../../control/call.ts';
import { organizationId, toOrganizationRecord } from '../../../../../control/organization-views.ts';

export default async function changeOrganization(app: HttpServer): Promise<void> {
  const { directory, control } = app.deps;

  app.patch(
    '/',
    {
      config: { permission: 'platform', extension: true, action: 'tenant.change' },
      schema: {
        tags: ['Organizations'],
        summary: 'Change an organization',
        description:
          'Name, plan, contact or retention; what is not given stays. A new retention holds for what is ingested from now on: stored events keep theirs.',
        params: OrganizationParamsSchema,
        body: OrganizationChangesSchema,
        response: { 200: OrganizationRecordSchema },
      },
    },
    async (request) => {
      const tenant = await organizationId(directory, request.params.orgCode);
      const change = { tenant, action: 'tenant.change', changes: request.body } as const;
      const changed = await control.changeTenant(callOf(request), change);
      await directory.propagated();
      return toOrganizationRecord(changed);
    },
  );

  app.delete(
    '/',
    {
      config: { permission: 'platform', extension: true, action: 'tenant.delete' },
      schema: {
        tags: ['Organizations'],
        summary: 'Delete an organization',
        description:
          'For good, and within a second: it is not found any more, keys for it alone are revoked, other keys lose it. Nobody can reach its events from then on, and they are removed from the stores as their retention ends. Its code and slug are free; a new organization of that name sees nothing of the old one.',
        params: OrganizationParamsSchema,
        response: { 200: DeletedOrganizationSchema },
      },
    },
    async (request) => {
      const id = await organizationId(directory, request.params.orgCode);
      const { tenant, deletedAt } = await control.deleteTenant(callOf(request), id);
      await directory.propagated();
      return { id, code: tenant.code, status: 'deleted' as const, deletedAt: deletedAt.toISOString() };
    },
  );
}
