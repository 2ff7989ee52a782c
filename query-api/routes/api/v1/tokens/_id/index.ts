import type { HttpServer } from '../../../../../../platform/http/server.ts';
import { RevokedTokenSchema, TokenParamsSchema } from '../../../../../../schemas/api/tokens.ts';
import { callOf } from '../../../../../control/call.ts';

export default async function token(app: HttpServer): Promise<void> {
  const { directory, control } = app.deps;

  app.delete(
    '/',
    {
      config: { permission: 'admin', family: 'S', extension: true, action: 'key.revoke' },
      schema: {
        tags: ['Tokens'],
        summary: 'Revoke a token',
        description: 'At once and for good; it is refused everywhere within a second.',
        params: TokenParamsSchema,
        response: { 200: RevokedTokenSchema },
      },
    },
    async (request) => {
      const { id, revokedAt } = await control.revokeKey(callOf(request), request.params.id);
      await directory.propagated();
      return { id, status: 'revoked' as const, revoked_at: revokedAt.toISOString() };
    },
  );
}
