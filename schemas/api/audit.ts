import { type Static, Type } from 'typebox';
import { FromSchema, OrgCodeSchema, ToSchema } from './selection.ts';

/** Limits of the audit log, as a client meets them. */
export const AUDIT_LIMITS = {
  pageSize: 100,
  defaultPageSize: 50,
  filterLength: 256,
  pageTokenLength: 512,
} as const;

const text = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: AUDIT_LIMITS.filterLength, description }));
const nullableText = (description: string) => Type.Union([Type.String(), Type.Null()], { description });

export const AuditResultSchema = Type.Union([Type.Literal('ok'), Type.Literal('refused'), Type.Literal('failed')]);

export const AuditQuerySchema = Type.Object({
  orgCode: OrgCodeSchema,
  from: Type.Optional(FromSchema),
  to: Type.Optional(ToSchema),
  actor: text('Id of the credential or of the user that called.'),
  action: text('What was done, such as `key.revoke`.'),
  object: text('Id of what it was done to.'),
  result: Type.Optional(AuditResultSchema),
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: AUDIT_LIMITS.pageSize, default: AUDIT_LIMITS.defaultPageSize }),
  ),
  pageToken: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: AUDIT_LIMITS.pageTokenLength,
      description: '`nextPageToken` of the page before; good only with the same filter.',
    }),
  ),
});
export type AuditQuery = Static<typeof AuditQuerySchema>;

const hash = (description: string) => nullableText(`${description}, SHA-256 of its canonical JSON in hex.`);

export const AuditEntrySchema = Type.Object({
  chain: Type.String({ description: 'Id of the tenant, or `platform`: rows are chained by it.' }),
  seq: Type.Integer({ description: 'Number of the row in its chain, from 1 without gaps.' }),
  at: Type.String({ format: 'date-time' }),
  tenantId: nullableText('The organization it concerns; null when it concerns none or several.'),
  credentialId: Type.String(),
  userId: nullableText('The user behind a JWT.'),
  action: Type.String({ examples: ['key.revoke'] }),
  objectType: Type.String({ examples: ['key'] }),
  objectId: Type.String(),
  requestId: Type.String({ description: '`x-request-id` of the call.' }),
  result: AuditResultSchema,
  code: nullableText('Error code of a call that was refused or failed.'),
  beforeHash: hash('The object before'),
  afterHash: hash('The object after'),
  previousHash: Type.String({ description: 'Hash of the row before in the chain, in hex.' }),
  hash: Type.String({ description: 'SHA-256 of the previous hash and the canonical JSON of this row, in hex.' }),
});
export type AuditEntry = Static<typeof AuditEntrySchema>;

export const AuditListSchema = Type.Object({
  data: Type.Array(AuditEntrySchema),
  meta: Type.Object({
    limit: Type.Integer(),
    nextPageToken: nullableText('Asks for the next page; null on the last.'),
  }),
});
export type AuditList = Static<typeof AuditListSchema>;
