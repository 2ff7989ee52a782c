import type { HttpServer } from '../../../../../../platform/http/server.ts';
import { KeyParamsSchema, RevokedKeySchema } from '../../../../../../schemas/api/keys.ts';

export default async function key(app: HttpServer): Promise<void> {
  const { directory, control } = app.deps;

  app.delete(
    '/',
    {
      config: { permission: 'admin' },
      schema: {
        tags: ['Keys'],
        summary: 'Revoke an API key',
        description: 'At once and for good; requests with the key are refused everywhere within a second.',
        params: KeyParamsSchema,
        response: { 200: RevokedKeySchema },
      },
    },
    async ({ principal, params }) => {
      const revoked = await control.revokeKey(principal, params.keyId);
      await directory.propagated();
      return revoked;
    },
  );
}
