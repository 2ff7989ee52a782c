import type { HttpServer } from '../../../../../../platform/http/server.ts';
import { ApiKeyParamsSchema, RevokedApiKeySchema } from '../../../../../../schemas/api/apikeys.ts';
import { callOf } from '../../../../../control/call.ts';
import { apiKeyId, keyIdOf } from '../../../../../control/key-views.ts';

export default async function apikey(app: HttpServer): Promise<void> {
  const { directory, control } = app.deps;

  app.delete(
    '/',
    {
      config: { permission: 'admin', family: 'A', action: 'key.revoke' },
      schema: {
        tags: ['API keys'],
        summary: 'Revoke an API key',
        description: 'At once and for good, whatever family the key is of; it is refused everywhere within a second.',
        params: ApiKeyParamsSchema,
        response: { 200: RevokedApiKeySchema },
      },
    },
    async (request) => {
      const { id, revokedAt } = await control.revokeKey(callOf(request), keyIdOf(request.params.key_id));
      await directory.propagated();
      return { key_id: apiKeyId(id), status: 'revoked' as const, revoked_at: revokedAt.toISOString() };
    },
  );
}
