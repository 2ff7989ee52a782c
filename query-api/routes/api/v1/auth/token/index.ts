import type { HttpServer } from '../../../../../../platform/http/server.ts';
import { resolveTenant } from '../../../../../../platform/http/tenant-scope.ts';
import { NewSessionSchema, SessionSchema } from '../../../../../../schemas/api/sessions.ts';
import { callOf } from '../../../../../control/call.ts';

export default async function token(app: HttpServer): Promise<void> {
  const { directory, control } = app.deps;

  app.post(
    '/',
    {
      preValidation: async (request) => {
        request.body ??= {};
      },
      config: { permission: 'credential', family: 'A', extension: true, action: 'token.issue' },
      schema: {
        tags: ['RBAC'],
        summary: 'Turn a key into a short-lived JWT',
        description:
          'The JWT allows what the key allows at any moment, of its tenants in one, ends no later than it, and is refused within a second once the key is revoked. The body may be missing.',
        body: NewSessionSchema,
        response: { 201: SessionSchema },
      },
    },
    async (request, reply) => {
      const { principal, body } = request;
      const { tenant_id: reference, expires_in: wanted } = body;
      const tenant = await resolveTenant({ directory, principal, reference, purpose: 'write', field: 'tenant_id' });
      const issued = await control.issueSession(callOf(request), { tenant, lifetimeS: wanted });
      reply.header('cache-control', 'no-store');
      return reply.code(201).send({
        access_token: issued.token,
        token_type: 'Bearer' as const,
        expires_in: issued.lifetimeS,
        tenant_id: tenant.slug,
        role: issued.role,
      });
    },
  );
}
