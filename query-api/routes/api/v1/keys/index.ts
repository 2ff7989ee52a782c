import type { HttpServer } from '../../../../../platform/http/server.ts';
import { resolveTenant } from '../../../../../platform/http/tenant-scope.ts';
import { CreatedKeySchema, KeyListSchema, NewKeySchema } from '../../../../../schemas/api/keys.ts';
import { callOf } from '../../../../control/call.ts';
import { keyGrants } from '../../../../control/key-scopes.ts';
import { toKey } from '../../../../control/key-views.ts';

export default async function keys(app: HttpServer): Promise<void> {
  const { directory, control, now } = app.deps;

  app.get(
    '/',
    {
      config: { permission: 'admin' },
      schema: {
        tags: ['Keys'],
        summary: 'List API keys',
        description: 'The `mk_live_` keys in force whose organizations the presented key may touch, newest first.',
        response: { 200: KeyListSchema },
      },
    },
    async ({ principal }) => {
      const listed = await control.listKeys({ principal, family: 'mk_live', at: now() });
      return { data: listed.map(toKey) };
    },
  );

  app.post(
    '/',
    {
      config: { permission: 'admin', action: 'key.create' },
      schema: {
        tags: ['Keys'],
        summary: 'Create an API key',
        description:
          'The key itself is shown in this answer only. It never allows more, or lasts longer, than the key that creates it.',
        body: NewKeySchema,
        response: { 201: CreatedKeySchema },
      },
    },
    async (request, reply) => {
      const { principal, body } = request;
      const { name, scope, orgCode: reference } = body;
      const tenant =
        reference === undefined
          ? undefined
          : await resolveTenant({ directory, principal, reference, purpose: 'write' });
      const grant = keyGrants[scope];
      const key = await control.createKey(callOf(request), { family: 'mk_live', name, grant, tenant });
      reply.header('cache-control', 'no-store');
      const createdAt = new Date(key.createdAt).toISOString();
      return reply.code(201).send({ id: key.id, name: key.name, scope, key: key.text, createdAt });
    },
  );
}
