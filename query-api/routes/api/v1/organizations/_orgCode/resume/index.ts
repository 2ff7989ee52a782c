import type { HttpServer } from '../../../../../../../platform/http/server.ts';
import { OrganizationParamsSchema, OrganizationRecordSchema } from '../../../../../../../schemas/api/organizations.ts';
import { callOf } from '../../../../../../control/call.ts';
import { organizationId, toOrganizationRecord } from '../../../../../../control/organization-views.ts';

export default async function resume(app: HttpServer): Promise<void> {
  const { directory, control } = app.deps;

  app.post(
    '/',
    {
      config: { permission: 'platform', extension: true, action: 'tenant.resume' },
      schema: {
        tags: ['Organizations'],
        summary: 'Resume an organization',
        description: 'Ends a suspension; its keys work again within a second.',
        params: OrganizationParamsSchema,
        response: { 200: OrganizationRecordSchema },
      },
    },
    async (request) => {
      const tenant = await organizationId(directory, request.params.orgCode);
      const change = { tenant, action: 'tenant.resume', changes: { status: 'active' } } as const;
      const changed = await control.changeTenant(callOf(request), change);
      await directory.propagated();
      return toOrganizationRecord(changed);
    },
  );
}
