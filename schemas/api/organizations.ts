import { type Static, Type } from 'typebox';
import { CONTROL_LIMITS, visibleTextPattern } from './control-limits.ts';

const codeLength = CONTROL_LIMITS.organizationCodeLength;
const slugLength = CONTROL_LIMITS.slugLength;

const OrganizationFields = {
  id: Type.String({ examples: ['org_k8mXpL2n'] }),
  code: Type.String({ examples: ['ACME'] }),
  name: Type.String(),
  status: Type.Union([Type.Literal('active'), Type.Literal('suspended')]),
  dataRetentionDays: Type.Integer(),
};

export const OrganizationSchema = Type.Object({
  ...OrganizationFields,
  createdAt: Type.String({ format: 'date-time' }),
});
export type Organization = Static<typeof OrganizationSchema>;

export const OrganizationListSchema = Type.Object({ data: Type.Array(OrganizationSchema) });
export type OrganizationList = Static<typeof OrganizationListSchema>;

export const OrganizationDetailsSchema = Type.Object({
  ...OrganizationFields,
  capabilities: Type.Array(Type.String(), { description: 'Codes of the capabilities.' }),
  usage: Type.Object({
    eventsThisMonth: Type.Integer({ description: 'Events with a time in the current month (UTC).' }),
    storageUsedMb: Type.Number({
      description: 'Share of the stored bytes by number of events; megabytes of 10^6 bytes.',
    }),
  }),
});
export type OrganizationDetails = Static<typeof OrganizationDetailsSchema>;

export const OrganizationParamsSchema = Type.Object({
  orgCode: Type.String({ description: 'The code of the organization or any other of its ids.' }),
});

export const OrganizationNameSchema = Type.String({
  minLength: 1,
  maxLength: CONTROL_LIMITS.nameLength,
  pattern: visibleTextPattern,
  examples: ['ACME Behavioral Health'],
});

export const slugPattern = `^[a-z0-9][a-z0-9-]{0,${slugLength - 1}}$`;
export const slugIssue = `must be 1 to ${slugLength} lower-case letters, digits or hyphens and begin with a letter or digit`;

export const PlanSchema = Type.String({
  pattern: `^[a-z0-9][a-z0-9_-]{0,${CONTROL_LIMITS.planLength - 1}}$`,
  'x-issue': `must be 1 to ${CONTROL_LIMITS.planLength} lower-case letters, digits, underscores or hyphens and begin with a letter or digit`,
  examples: ['pro'],
});

export const EmailSchema = Type.String({
  format: 'email',
  maxLength: CONTROL_LIMITS.emailLength,
  'x-issue': 'must be an e-mail address',
  examples: ['ops@acme.com'],
});

export const RetentionSchema = Type.Integer({
  minimum: CONTROL_LIMITS.minRetentionDays,
  maximum: CONTROL_LIMITS.maxRetentionDays,
  description: `Events older than this are refused, and deleted when they reach this age; ${CONTROL_LIMITS.defaultRetentionDays} when absent.`,
});

export const NewOrganizationSchema = Type.Object({
  code: Type.String({
    pattern: `^[A-Za-z0-9][A-Za-z0-9_-]{0,${codeLength - 1}}$`,
    description: 'Unique; stored in upper case.',
    'x-issue': `must be 1 to ${codeLength} letters, digits, underscores or hyphens and begin with a letter or digit`,
    examples: ['ACME'],
  }),
  name: OrganizationNameSchema,
  slug: Type.Optional(
    Type.String({
      pattern: slugPattern,
      description: 'Unique; made from the code when absent.',
      'x-issue': slugIssue,
      examples: ['acme-health'],
    }),
  ),
  plan: Type.Optional(PlanSchema),
  contactEmail: Type.Optional(EmailSchema),
  dataRetentionDays: Type.Optional(RetentionSchema),
});
export type NewOrganization = Static<typeof NewOrganizationSchema>;

export const OrganizationRecordSchema = Type.Object({
  ...OrganizationFields,
  number: Type.Integer({ description: 'Id of the organization where an API wants an integer.' }),
  slug: Type.String(),
  plan: Type.Union([Type.String(), Type.Null()]),
  contactEmail: Type.Union([Type.String(), Type.Null()]),
  createdAt: Type.String({ format: 'date-time' }),
});
export type OrganizationRecord = Static<typeof OrganizationRecordSchema>;

const changeable = {
  plan: Type.Union([PlanSchema, Type.Null()]),
  contactEmail: Type.Union([EmailSchema, Type.Null()]),
};

/** What may be changed of an organization; what is not given stays. */
export const OrganizationChangesSchema = Type.Partial(
  Type.Object({ name: OrganizationNameSchema, ...changeable, dataRetentionDays: RetentionSchema }),
  { minProperties: 1, additionalProperties: false },
);
export type OrganizationChanges = Static<typeof OrganizationChangesSchema>;

export const DeletedOrganizationSchema = Type.Object({
  id: Type.String(),
  code: Type.String(),
  status: Type.Literal('deleted'),
  deletedAt: Type.String({ format: 'date-time' }),
});
