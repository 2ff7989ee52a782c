import { type Static, Type } from 'typebox';
import {
  EmailSchema,
  NewOrganizationSchema,
  OrganizationNameSchema,
  PlanSchema,
  RetentionSchema,
  slugIssue,
  slugPattern,
} from './organizations.ts';

export const TenantSchema = Type.Object({
  tenant_id: Type.String({ examples: ['acme-corp'] }),
  name: Type.String({ examples: ['Acme Corporation'] }),
  plan: Type.Union([Type.String(), Type.Null()], { examples: ['pro'] }),
  created_at: Type.String({ format: 'date-time' }),
  events_this_month: Type.Integer({ description: 'Events with a time in the current month (UTC).' }),
});

export const TenantListSchema = Type.Object({ tenants: Type.Array(TenantSchema) });

export const NewTenantSchema = Type.Object({
  tenant_id: Type.String({
    pattern: slugPattern,
    description: 'Unique.',
    'x-issue': slugIssue,
    examples: ['acme-corp'],
  }),
  name: OrganizationNameSchema,
  plan: Type.Optional(PlanSchema),
  contact_email: Type.Optional(EmailSchema),
  code: Type.Optional(
    Type.Unsafe<string>({
      ...NewOrganizationSchema.properties.code,
      description: 'Extension: the code of the organization; made from the tenant id when absent.',
    }),
  ),
  data_retention_days: Type.Optional(RetentionSchema),
});
export type NewTenant = Static<typeof NewTenantSchema>;

export const CreatedTenantSchema = Type.Object({
  tenant_id: Type.String(),
  created_at: Type.String({ format: 'date-time' }),
});
