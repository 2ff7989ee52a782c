import { type Static, Type } from 'typebox';
import { CONTROL_LIMITS, visibleTextPattern } from './control-limits.ts';

export const ApiKeyScopeSchema = Type.Union([Type.Literal('ingestion'), Type.Literal('query'), Type.Literal('admin')], {
  description: 'admin: everything. query: read. ingestion: send data.',
});
export type ApiKeyScope = Static<typeof ApiKeyScopeSchema>;

const time = () => Type.String({ format: 'date-time' });
const optionalTime = () => Type.Union([time(), Type.Null()]);

export const CredentialNameSchema = Type.String({
  minLength: 1,
  maxLength: CONTROL_LIMITS.nameLength,
  pattern: visibleTextPattern,
});

export const TenantReferenceSchema = Type.String({
  description: 'Extension: the tenant, for credentials that span several.',
  examples: ['acme-corp'],
});

export const ApiKeySchema = Type.Object({
  key_id: Type.String({ examples: ['isage_key_abc123'] }),
  name: Type.String(),
  prefix: Type.String({ description: 'Beginning of the key, to recognise it.', examples: ['isage_a1b2...'] }),
  scope: ApiKeyScopeSchema,
  rate_limit_rps: Type.Union([Type.Integer(), Type.Null()]),
  created_at: time(),
  expires_at: optionalTime(),
  last_used_at: optionalTime(),
});
export type ApiKey = Static<typeof ApiKeySchema>;

export const ApiKeyListSchema = Type.Object({ api_keys: Type.Array(ApiKeySchema) });

export const NewApiKeySchema = Type.Object({
  name: CredentialNameSchema,
  scope: ApiKeyScopeSchema,
  rate_limit_rps: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: CONTROL_LIMITS.maxRateLimitRps,
      description: 'Requests a second, on top of the budgets of every key.',
    }),
  ),
  expires_at: Type.Optional(time()),
  tenant_id: Type.Optional(TenantReferenceSchema),
});
export type NewApiKey = Static<typeof NewApiKeySchema>;

export const CreatedApiKeySchema = Type.Object({
  key_id: Type.String({ examples: ['isage_key_abc123'] }),
  api_key: Type.String({ description: 'The key itself: shown here and never again.' }),
  scope: ApiKeyScopeSchema,
  created_at: time(),
});

export const ApiKeyParamsSchema = Type.Object({ key_id: Type.String({ examples: ['isage_key_abc123'] }) });

export const RevokedApiKeySchema = Type.Object({
  key_id: Type.String(),
  status: Type.Literal('revoked'),
  revoked_at: time(),
});
