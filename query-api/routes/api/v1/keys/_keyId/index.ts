import type { HttpServer } from '../../../../../../platform/http/server.ts';
import { KeyParamsSchema, RevokedKeySchema } from '../../../../../../schemas/api/keys.ts';
import { callOf } from '../../../../../control/call.ts';

export default async function key(app: HttpServer): Promise<void> {
  const { directory, control } = app.deps;

  app.delete(
    '/',
    {
      config: { permission: 'admin', action: 'key.revoke' },
      schema: {
        tags: ['Keys'],
        summary: 'Revoke an API key',
        description: 'At once and for good; requests with the key are refused everywhere within a second.',
        params: KeyParamsSchema,
        response: { 200: RevokedKeySchema },
      },
    },
    async (request) => {
      const { id, revokedAt } = await control.revokeKey(callOf(request), request.params.keyId);
      await directory.propagated();
      return { id, status: 'revoked' as const, revokedAt: revokedAt.toISOString() };
    },
  );
}
