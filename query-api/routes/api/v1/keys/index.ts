import type { HttpServer } from '../../../../../platform/http/server.ts';
import { resolveTenant } from '../../../../../platform/http/tenant-scope.ts';
import { CreatedKeySchema, KeyListSchema, NewKeySchema } from '../../../../../schemas/api/keys.ts';

export default async function keys(app: HttpServer): Promise<void> {
  const { directory, control } = app.deps;

  app.get(
    '/',
    {
      config: { permission: 'admin' },
      schema: {
        tags: ['Keys'],
        summary: 'List API keys',
        description: 'The keys in force whose organizations the presented key may touch, newest first.',
        response: { 200: KeyListSchema },
      },
    },
    async ({ principal }) => ({ data: await control.listKeys(principal) }),
  );

  app.post(
    '/',
    {
      config: { permission: 'admin' },
      schema: {
        tags: ['Keys'],
        summary: 'Create an API key',
        description: 'The key itself is shown in this answer only. It never allows more than the key that creates it.',
        body: NewKeySchema,
        response: { 201: CreatedKeySchema },
      },
    },
    async ({ principal, body }, reply) => {
      const { name, scope, orgCode: reference } = body;
      const bound =
        reference === undefined
          ? {}
          : { tenant: await resolveTenant({ directory, principal, reference, purpose: 'write' }) };
      reply.header('cache-control', 'no-store');
      return reply.code(201).send(await control.createKey({ principal, name, scope, ...bound }));
    },
  );
}
