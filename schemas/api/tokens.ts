import { type Static, Type } from 'typebox';
import { CredentialNameSchema, TenantReferenceSchema } from './apikeys.ts';
import { CONTROL_LIMITS } from './control-limits.ts';

export const StatusScopeSchema = Type.Union([
  Type.Literal('read:status'),
  Type.Literal('write:incidents'),
  Type.Literal('write:maintenance'),
]);

const scopes = () => Type.Array(StatusScopeSchema, { minItems: 1, maxItems: 3, uniqueItems: true });
const time = () => Type.String({ format: 'date-time' });
const optionalTime = () => Type.Union([time(), Type.Null()]);
const prefix = () => Type.String({ description: 'The first characters behind `ops_`.', examples: ['3f8b1c2d'] });

export const TokenSchema = Type.Object({
  id: Type.String({ examples: ['key_m3kL9xPq'] }),
  name: Type.String(),
  token_prefix: prefix(),
  scopes: Type.Array(StatusScopeSchema),
  created_at: time(),
  expires_at: optionalTime(),
  last_used_at: optionalTime(),
});
export type Token = Static<typeof TokenSchema>;

export const TokenQuerySchema = Type.Object({
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: CONTROL_LIMITS.maxTokensPage, default: CONTROL_LIMITS.defaultTokensPage }),
  ),
  offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1, default: 0 })),
});

export const TokenListSchema = Type.Object({
  tokens: Type.Array(TokenSchema),
  total: Type.Integer(),
  limit: Type.Integer(),
  offset: Type.Integer(),
});

export const NewTokenSchema = Type.Object({
  name: CredentialNameSchema,
  scopes: scopes(),
  expires_at: Type.Optional(time()),
  tenant_id: Type.Optional(
    Type.Unsafe<string | number>({
      ...TenantReferenceSchema,
      type: ['string', 'integer'],
      description: 'The tenant, for credentials that span several; ignored for all others.',
    }),
  ),
});
export type NewToken = Static<typeof NewTokenSchema>;

export const CreatedTokenSchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  token: Type.String({ description: 'The token itself: shown here and never again.' }),
  token_prefix: prefix(),
  scopes: Type.Array(StatusScopeSchema),
  created_at: time(),
  expires_at: optionalTime(),
});

export const TokenParamsSchema = Type.Object({ id: Type.String({ examples: ['key_m3kL9xPq'] }) });

export const RevokedTokenSchema = Type.Object({
  id: Type.String(),
  status: Type.Literal('revoked'),
  revoked_at: time(),
});

export const TokenHealthSchema = Type.Object({
  ok: Type.Literal(true),
  tenant_id: Type.Union([Type.Integer(), Type.Null()], { description: 'null for a credential of several tenants.' }),
  token_prefix: Type.Union([prefix(), Type.Null()], { description: 'null for a JWT of an identity provider.' }),
  scopes: Type.Array(StatusScopeSchema),
});
