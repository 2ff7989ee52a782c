import type { HttpServer } from '../../../../../../platform/http/server.ts';
import { resolveTenant } from '../../../../../../platform/http/tenant-scope.ts';
import { OrganizationDetailsSchema, OrganizationParamsSchema } from '../../../../../../schemas/api/organizations.ts';
import { readTenantUsage } from '../../../../../control/tenant-usage.ts';

export default async function organization(app: HttpServer): Promise<void> {
  const { clickhouse, directory, now } = app.deps;

  app.get(
    '/',
    {
      config: { permission: 'query' },
      schema: {
        tags: ['Organizations'],
        summary: 'Get an organization',
        description: 'Its configuration, capabilities and usage.',
        params: OrganizationParamsSchema,
        response: { 200: OrganizationDetailsSchema },
      },
    },
    async ({ principal, params }) => {
      const tenant = await resolveTenant({
        directory,
        principal,
        reference: params.orgCode,
        purpose: 'read',
        evenSuspended: principal.permissions.has('platform'),
      });
      const [catalog, usage] = await Promise.all([
        directory.catalog(tenant.id),
        readTenantUsage(clickhouse, tenant.id, now()),
      ]);
      const { id, code, name, status, dataRetentionDays } = tenant;
      return { id, code, name, status, dataRetentionDays, capabilities: [...catalog.capabilities.keys()], usage };
    },
  );
}
