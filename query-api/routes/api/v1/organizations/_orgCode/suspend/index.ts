import type { HttpServer } from '../../../../../../../platform/http/server.ts';
import { OrganizationParamsSchema, OrganizationRecordSchema } from '../../../../../../../schemas/api/organizations.ts';
import { callOf } from '../../../../../../control/call.ts';
import { organizationId, toOrganizationRecord } from '../../../../../../control/organization-views.ts';

export default async function suspend(app: HttpServer): Promise<void> {
  const { directory, control } = app.deps;

  app.post(
    '/',
    {
      config: { permission: 'platform', extension: true, action: 'tenant.suspend' },
      schema: {
        tags: ['Organizations'],
        summary: 'Suspend an organization',
        description:
          'Its keys and tokens are refused with 403 everywhere within a second, for reading and writing; nothing is lost. Suspending it again changes nothing.',
        params: OrganizationParamsSchema,
        response: { 200: OrganizationRecordSchema },
      },
    },
    async (request) => {
      const tenant = await organizationId(directory, request.params.orgCode);
      const change = { tenant, action: 'tenant.suspend', changes: { status: 'suspended' } } as const;
      const changed = await control.changeTenant(callOf(request), change);
      await directory.propagated();
      return toOrganizationRecord(changed);
    },
  );
}
