import { type Static, Type } from 'typebox';
import { CONTROL_LIMITS, visibleTextPattern } from './control-limits.ts';

export const KeyScopeSchema = Type.Union([Type.Literal('Admin'), Type.Literal('Query'), Type.Literal('Ingest')], {
  description: 'Admin: everything. Query: read. Ingest: send events.',
});
export type KeyScope = Static<typeof KeyScopeSchema>;

export const KeySchema = Type.Object({
  id: Type.String({ examples: ['key_m3kL9xPq'] }),
  name: Type.String(),
  scope: KeyScopeSchema,
  prefix: Type.String({ description: 'Beginning of the key, to recognise it.', examples: ['mk_live_a1b2...'] }),
  createdAt: Type.String({ format: 'date-time' }),
  lastUsedAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
    description: 'At most a minute behind; null before the first use.',
  }),
});
export type Key = Static<typeof KeySchema>;

export const KeyListSchema = Type.Object({ data: Type.Array(KeySchema) });
export type KeyList = Static<typeof KeyListSchema>;

export const NewKeySchema = Type.Object({
  name: Type.String({
    minLength: 1,
    maxLength: CONTROL_LIMITS.nameLength,
    pattern: visibleTextPattern,
    examples: ['Dashboard Read-Only'],
  }),
  scope: KeyScopeSchema,
  orgCode: Type.Optional(
    Type.String({
      description: 'Extension: bind the key to this organization; else to all of the key that creates it.',
    }),
  ),
});
export type NewKey = Static<typeof NewKeySchema>;

export const CreatedKeySchema = Type.Object({
  id: Type.String({ examples: ['key_p4nR7vWs'] }),
  name: Type.String(),
  scope: KeyScopeSchema,
  key: Type.String({ description: 'The key itself: shown here and never again.' }),
  createdAt: Type.String({ format: 'date-time' }),
});
export type CreatedKey = Static<typeof CreatedKeySchema>;

export const KeyParamsSchema = Type.Object({ keyId: Type.String({ examples: ['key_m3kL9xPq'] }) });

export const RevokedKeySchema = Type.Object({
  id: Type.String(),
  status: Type.Literal('revoked'),
  revokedAt: Type.String({ format: 'date-time' }),
});
export type RevokedKey = Static<typeof RevokedKeySchema>;
