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

export const NewOrganizationSchema = Type.Object({
  code: Type.String({
    pattern: `^[A-Za-z0-9][A-Za-z0-9_-]{0,${codeLength - 1}}$`,
    description: 'Unique; stored in upper case.',
    'x-issue': `must be 1 to ${codeLength} letters, digits, underscores or hyphens and begin with a letter or digit`,
    examples: ['ACME'],
  }),
  name: Type.String({
    minLength: 1,
    maxLength: CONTROL_LIMITS.nameLength,
    pattern: visibleTextPattern,
    examples: ['ACME Behavioral Health'],
  }),
  slug: Type.Optional(
    Type.String({
      pattern: `^[a-z0-9][a-z0-9-]{0,${slugLength - 1}}$`,
      description: 'Unique; made from the code when absent.',
      'x-issue': `must be 1 to ${slugLength} lower-case letters, digits or hyphens and begin with a letter or digit`,
      examples: ['acme-health'],
    }),
  ),
  dataRetentionDays: Type.Optional(
    Type.Integer({
      minimum: CONTROL_LIMITS.minRetentionDays,
      maximum: CONTROL_LIMITS.maxRetentionDays,
      description: `Events older than this are refused, and deleted when they reach this age; ${CONTROL_LIMITS.defaultRetentionDays} when absent.`,
    }),
  ),
});
export type NewOrganization = Static<typeof NewOrganizationSchema>;

export const CreatedOrganizationSchema = Type.Object({
  ...OrganizationFields,
  number: Type.Integer({ description: 'Id of the organization where an API wants an integer.' }),
  slug: Type.String(),
  createdAt: Type.String({ format: 'date-time' }),
});
export type CreatedOrganization = Static<typeof CreatedOrganizationSchema>;
