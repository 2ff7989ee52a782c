import type { HttpServer } from '../../../../../platform/http/server.ts';
import { resolveTenant } from '../../../../../platform/http/tenant-scope.ts';
import type { Principal } from '../../../../../platform/tenancy/tenancy.ts';
import { CONTROL_LIMITS } from '../../../../../schemas/api/control-limits.ts';
import {
  CreatedTokenSchema,
  type NewToken,
  NewTokenSchema,
  TokenListSchema,
  TokenQuerySchema,
} from '../../../../../schemas/api/tokens.ts';
import { callOf } from '../../../../control/call.ts';
import { tokenGrant } from '../../../../control/key-scopes.ts';
import { tokenPrefix, toToken } from '../../../../control/key-views.ts';

export default async function tokens(app: HttpServer): Promise<void> {
  const { directory, control, now } = app.deps;

  app.get(
    '/',
    {
      config: { permission: 'admin', family: 'S', extension: true },
      schema: {
        tags: ['Tokens'],
        summary: 'List tokens',
        description: 'The `ops_` tokens in force whose tenants the credential may touch, newest first.',
        querystring: TokenQuerySchema,
        response: { 200: TokenListSchema },
      },
    },
    async ({ principal, query }) => {
      const { limit = CONTROL_LIMITS.defaultTokensPage, offset = 0 } = query;
      const all = await control.listKeys({ principal, family: 'ops', at: now() });
      return { tokens: all.slice(offset, offset + limit).map(toToken), total: all.length, limit, offset };
    },
  );

  app.post(
    '/',
    {
      config: { permission: 'admin', family: 'S', extension: true, action: 'key.create' },
      schema: {
        tags: ['Tokens'],
        summary: 'Create a token',
        description:
          'For one tenant and some scopes of the status API. The token itself is shown in this answer only. It never allows more, or lasts longer, than the key that creates it.',
        body: NewTokenSchema,
        response: { 201: CreatedTokenSchema },
      },
    },
    async (request, reply) => {
      const { principal, body } = request;
      const { name, scopes, expires_at: expiry } = body;
      const reference = tenantReference(principal, body);
      const tenant = await resolveTenant({ directory, principal, reference, purpose: 'read', field: 'tenant_id' });
      const expiresAt = expiry === undefined ? undefined : Date.parse(expiry);
      const token = { family: 'ops', name, grant: tokenGrant(scopes), tenant, expiresAt } as const;
      const issued = await control.createKey(callOf(request), token);
      reply.header('cache-control', 'no-store');
      return reply.code(201).send({
        id: issued.id,
        name: issued.name,
        token: issued.text,
        token_prefix: tokenPrefix(issued.id),
        scopes,
        created_at: new Date(issued.createdAt).toISOString(),
        expires_at: issued.expiresAt === null ? null : new Date(issued.expiresAt).toISOString(),
      });
    },
  );
}

/** A credential of one tenant acts in that tenant, whatever the body says. */
function tenantReference({ tenants }: Principal, { tenant_id: given }: NewToken): string | undefined {
  return given === undefined || (tenants !== 'all' && tenants.length === 1) ? undefined : String(given);
}
