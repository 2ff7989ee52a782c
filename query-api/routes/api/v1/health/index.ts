import type { HttpServer } from '../../../../../platform/http/server.ts';
import { statusScopesOf } from '../../../../../platform/tenancy/status-scopes.ts';
import { TokenHealthSchema } from '../../../../../schemas/api/tokens.ts';
import { tokenPrefix } from '../../../../control/key-views.ts';

export default async function health(app: HttpServer): Promise<void> {
  const { directory } = app.deps;

  app.get(
    '/',
    {
      config: { permission: 'credential', family: 'S' },
      schema: {
        tags: ['Health'],
        summary: 'Verify a token',
        description: 'Answers with the tenant and the scopes of the token; any valid credential will do.',
        response: { 200: TokenHealthSchema },
      },
    },
    async ({ principal }) => {
      const { credentialId, session, permissions, tenants } = principal;
      const [only, ...others] = tenants === 'all' ? [] : await directory.tenants(tenants);
      return {
        ok: true as const,
        tenant_id: others.length === 0 ? (only?.number ?? null) : null,
        token_prefix: session === 'external' ? null : tokenPrefix(credentialId),
        scopes: statusScopesOf(permissions),
      };
    },
  );
}
