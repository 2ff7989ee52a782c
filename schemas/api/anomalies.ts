import { type Static, Type } from 'typebox';
import { OrgCodeSchema, READ_LIMITS } from './selection.ts';

/** Limits of what may be asked for, as a client meets them. */
export const ANOMALY_LIMITS = {
  pageSize: 1_000,
  defaultPageSize: 50,
  serviceLength: 256,
  idLength: 64,
  pageTokenLength: 512,
} as const;

const instant = (description: string) =>
  Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: READ_LIMITS.instantLength,
      description,
      examples: ['2026-04-10T12:00:00Z'],
    }),
  );

export const AnomalyQuerySchema = Type.Object({
  service_id: Type.Optional(
    Type.String({ minLength: 1, maxLength: ANOMALY_LIMITS.serviceLength, description: 'Filter by service.' }),
  ),
  since: instant('Start, inclusive: RFC 3339.'),
  until: instant('End, exclusive: RFC 3339.'),
  min_score: Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: 'Lowest anomaly score.' })),
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: ANOMALY_LIMITS.pageSize, default: ANOMALY_LIMITS.defaultPageSize }),
  ),
  page_token: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: ANOMALY_LIMITS.pageTokenLength,
      description: '`page_token` of the page before; good only with the same filter.',
    }),
  ),
  orgCode: OrgCodeSchema,
});
export type AnomalyQuery = Static<typeof AnomalyQuerySchema>;

const texts = (description: string) => Type.Record(Type.String(), Type.String(), { description });
const orNull = (description: string) => Type.Union([Type.String(), Type.Null()], { description });

export const AnomalySchema = Type.Object({
  anomaly_id: Type.String({ examples: ['anom-7f3d8a90c1b2d3e4f5a60718'] }),
  service_id: orNull('Null: no label of the alert names one.'),
  metric_name: Type.String({ description: 'Of an alert, its name.', examples: ['cpu_usage_percent'] }),
  anomaly_score: Type.Number({ minimum: 0, maximum: 1, description: 'Of an alert, by its severity.' }),
  z_score: Type.Number({ description: 'Of an alert, the one its score stands for.' }),
  detected_at: Type.String({ format: 'date-time' }),
  rca_triggered: Type.Boolean({ description: 'Whether an analysis of the root cause was started.' }),
  resolved: Type.Boolean(),
  kind: Type.String({ description: 'Extension: what found it.', examples: ['alert'] }),
  muted_by: orNull('Extension: id of the maintenance window that muted it when it was last told of.'),
  ends_at: orNull('Extension: null while it is open.'),
  labels: texts('Extension: of an alert.'),
  annotations: texts('Extension: of an alert.'),
  generator_url: orNull('Extension: where the alert comes from.'),
  truncated_alerts: Type.Integer({
    description: 'Extension: alerts the sender left out of the notification that told of it last.',
  }),
});
export type Anomaly = Static<typeof AnomalySchema>;

export const AnomalyListSchema = Type.Object({
  anomalies: Type.Array(AnomalySchema),
  total: Type.Integer({ description: 'On all pages.' }),
  page_token: orNull('Asks for the next page; null on the last.'),
});
export type AnomalyList = Static<typeof AnomalyListSchema>;

export const AnomalyPathSchema = Type.Object({
  id: Type.String({ minLength: 1, maxLength: ANOMALY_LIMITS.idLength }),
});
