import { type Static, Type } from 'typebox';
import { TenantReferenceSchema } from './apikeys.ts';
import { CONTROL_LIMITS } from './control-limits.ts';

const RoleSchema = Type.Union([
  Type.Literal('viewer'),
  Type.Literal('operator'),
  Type.Literal('admin'),
  Type.Literal('super-admin'),
]);

export const PermissionsSchema = Type.Object({
  tenant_id: Type.Union([Type.String(), Type.Null()], {
    description: 'null for a credential of several tenants or none.',
    examples: ['acme-corp'],
  }),
  user_id: Type.String({
    description: 'Whom the token names; the id of the key where one was presented.',
    examples: ['alice@acme.com'],
  }),
  role: RoleSchema,
  level: Type.Integer({ minimum: 1, maximum: 4 }),
  permissions: Type.Array(Type.String({ examples: ['read'] })),
});

export const NewSessionSchema = Type.Object({
  tenant_id: Type.Optional(TenantReferenceSchema),
  expires_in: Type.Optional(
    Type.Integer({
      minimum: CONTROL_LIMITS.minTokenLifetimeS,
      maximum: CONTROL_LIMITS.maxTokenLifetimeS,
      description: `Seconds; ${CONTROL_LIMITS.defaultTokenLifetimeS} when absent.`,
    }),
  ),
});
export type NewSession = Static<typeof NewSessionSchema>;

export const SessionSchema = Type.Object({
  access_token: Type.String({ description: 'The JWT: shown here and never again.' }),
  token_type: Type.Literal('Bearer'),
  expires_in: Type.Integer({ description: 'Seconds.' }),
  tenant_id: Type.String(),
  role: RoleSchema,
});
