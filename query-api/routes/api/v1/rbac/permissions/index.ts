import type { HttpServer } from '../../../../../../platform/http/server.ts';
import { rightsOf, roleLevels, roleOf } from '../../../../../../platform/tenancy/roles.ts';
import { PermissionsSchema } from '../../../../../../schemas/api/sessions.ts';

export default async function permissions(app: HttpServer): Promise<void> {
  const { directory } = app.deps;

  app.get(
    '/',
    {
      config: { permission: 'credential', family: 'A' },
      schema: {
        tags: ['RBAC'],
        summary: 'Get the permissions of the caller',
        description: 'What the presented token or key may do, and the role that says it best.',
        response: { 200: PermissionsSchema },
      },
    },
    async ({ principal }) => {
      const { credentialId, subject, permissions: held, tenants } = principal;
      const [only, ...others] = tenants === 'all' ? [] : await directory.tenants(tenants);
      const role = roleOf(held);
      return {
        tenant_id: others.length === 0 ? (only?.slug ?? null) : null,
        user_id: subject ?? credentialId,
        role,
        level: roleLevels[role],
        permissions: rightsOf(held),
      };
    },
  );
}
