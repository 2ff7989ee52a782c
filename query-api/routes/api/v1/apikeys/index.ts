import type { HttpServer } from '../../../../../platform/http/server.ts';
import { resolveTenant } from '../../../../../platform/http/tenant-scope.ts';
import { ApiKeyListSchema, CreatedApiKeySchema, NewApiKeySchema } from '../../../../../schemas/api/apikeys.ts';
import { callOf } from '../../../../control/call.ts';
import { apiKeyGrants } from '../../../../control/key-scopes.ts';
import { apiKeyId, toApiKey } from '../../../../control/key-views.ts';

export default async function apikeys(app: HttpServer): Promise<void> {
  const { directory, control, now } = app.deps;

  app.get(
    '/',
    {
      config: { permission: 'admin', family: 'A' },
      schema: {
        tags: ['API keys'],
        summary: 'List API keys',
        description: 'The `isage_` keys in force whose tenants the credential may touch, newest first.',
        response: { 200: ApiKeyListSchema },
      },
    },
    async ({ principal }) => {
      const keys = await control.listKeys({ principal, family: 'isage', at: now() });
      return { api_keys: keys.map(toApiKey) };
    },
  );

  app.post(
    '/',
    {
      config: { permission: 'admin', family: 'A', action: 'key.create' },
      schema: {
        tags: ['API keys'],
        summary: 'Create an API key',
        description:
          'For one tenant. The key itself is shown in this answer only. It never allows more, or lasts longer, than the key that creates it.',
        body: NewApiKeySchema,
        response: { 201: CreatedApiKeySchema },
      },
    },
    async (request, reply) => {
      const { principal, body } = request;
      const { name, scope, tenant_id: reference, rate_limit_rps: rateLimitRps, expires_at: expiry } = body;
      const tenant = await resolveTenant({ directory, principal, reference, purpose: 'write', field: 'tenant_id' });
      const expiresAt = expiry === undefined ? undefined : Date.parse(expiry);
      const grant = apiKeyGrants[scope];
      const key = { family: 'isage', name, grant, tenant, rateLimitRps, expiresAt } as const;
      const { id, text, createdAt } = await control.createKey(callOf(request), key);
      reply.header('cache-control', 'no-store');
      const created_at = new Date(createdAt).toISOString();
      return reply.code(201).send({ key_id: apiKeyId(id), api_key: text, scope, created_at });
    },
  );
}
