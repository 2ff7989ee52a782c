import { Type } from 'typebox';
import { TELEMETRY_LIMITS } from './telemetry-limits.ts';

/** Limits of what a read may ask for, as a client meets them. */
export const READ_LIMITS = {
  nameLength: 64,
  instantLength: 40,
  correlationIdLength: 256,
  eventPageSize: 100,
  defaultEventPageSize: 25,
  /** Events are listed down to this depth; beyond it the range is to be narrowed. */
  eventDepth: 10_000,
  metricPageSize: 1_000,
  /** Rows of one answer about metrics, over all of its pages. */
  metricRows: 10_000,
  /** Rows of one answer grouped by a dimension. */
  groups: 1_000,
  page: 1_000_000,
} as const;

const Name = (options: { description: string; examples?: string[] }) =>
  Type.String({ minLength: 1, maxLength: READ_LIMITS.nameLength, ...options });

export const Instant = (description: string, example: string) =>
  Type.String({ minLength: 1, maxLength: READ_LIMITS.instantLength, description, examples: [example] });

export const PageSchema = Type.Optional(
  Type.Integer({ minimum: 1, maximum: READ_LIMITS.page, default: 1, description: 'Number of the page.' }),
);

export const OrgCodeSchema = Type.Optional(
  Name({ description: 'Organization, by its code or any of its ids.', examples: ['ACME'] }),
);

export const FromSchema = Instant('Start, inclusive: a date (its first moment, UTC) or a date-time.', '2026-03-01');
export const ToSchema = Instant('End: a date (inclusive) or a date-time (exclusive).', '2026-03-18');

/** The filters of reads over organizations and capabilities. */
export const SelectionFields = {
  orgCode: OrgCodeSchema,
  capabilityCode: Type.Optional(Name({ description: 'Only this capability.', examples: ['P2P'] })),
  capability: Type.Optional(Name({ description: 'The same as `capabilityCode`.' })),
  metricType: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: TELEMETRY_LIMITS.metricNameLength,
      description: 'Only this type of metric.',
      examples: ['CycleTime'],
    }),
  ),
  from: Type.Optional(FromSchema),
  to: Type.Optional(ToSchema),
};
