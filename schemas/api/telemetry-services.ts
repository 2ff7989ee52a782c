import { type Static, Type } from 'typebox';
import { OrgCodeSchema, READ_LIMITS } from './selection.ts';
import { TELEMETRY_LIMITS } from './telemetry-limits.ts';

/** Limits of the list of services, as a client meets them. */
export const SERVICE_LIST_LIMITS = {
  pageSize: 1_000,
  defaultPageSize: 100,
  pageTokenLength: 1_024,
  /** What an absent `since` means. */
  defaultDays: 30,
} as const;

export const ServiceListQuerySchema = Type.Object({
  since: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: READ_LIMITS.instantLength,
      description: `Only services that have been seen since: a date or RFC 3339; ${SERVICE_LIST_LIMITS.defaultDays} days ago when absent. Counts from the start of its day.`,
      examples: ['2026-03-01'],
    }),
  ),
  service_id: Type.Optional(
    Type.String({ minLength: 1, maxLength: TELEMETRY_LIMITS.serviceLength, description: 'Only this service.' }),
  ),
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: SERVICE_LIST_LIMITS.pageSize, default: SERVICE_LIST_LIMITS.defaultPageSize }),
  ),
  page_token: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: SERVICE_LIST_LIMITS.pageTokenLength,
      description: '`page_token` of the page before; good only with the same filter.',
    }),
  ),
  orgCode: OrgCodeSchema,
});
export type ServiceListQuery = Static<typeof ServiceListQuerySchema>;

const orNull = (description: string) => Type.Union([Type.String(), Type.Null()], { description });

export const ServiceSchema = Type.Object({
  service_id: Type.String({ examples: ['payment-service'] }),
  org_code: Type.String({ examples: ['ACME'] }),
  last_seen: Type.String({
    format: 'date-time',
    description:
      'The latest of `last_seen_by_kind`. Metrics and logs: to the minute in the last hour, to the hour in the last day, else to the day.',
  }),
  last_seen_by_kind: Type.Object({
    metrics: orNull('Null: none since then.'),
    logs: orNull('Null: none since then.'),
    deployments: orNull('The last one, however long ago; null: none is kept.'),
    alerts: orNull('When the last one began; null: none since then.'),
  }),
  environment: orNull('Of the last deployment.'),
  version: orNull('Of the last deployment.'),
});
export type Service = Static<typeof ServiceSchema>;

export const ServiceListSchema = Type.Object({
  services: Type.Array(ServiceSchema),
  total: Type.Integer({ description: 'On all pages.' }),
  page_token: orNull('Asks for the next page; null on the last.'),
});
export type ServiceList = Static<typeof ServiceListSchema>;
