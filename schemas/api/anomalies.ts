import { type Static, Type } from 'typebox';
import { OrgCodeSchema, READ_LIMITS } from './selection.ts';

/** Limits of what may be asked for, as a client meets them. */
export const ANOMALY_LIMITS = {
  pageSize: 1_000,
  defaultPageSize: 50,
  serviceLength: 256,
  idLength: 64,
  pageTokenLength: 512,
  noteLength: 1_000,
} as const;

/** An alert was posted; the others are found in the series of what is measured. */
export const AnomalyKindSchema = Type.Union(
  [Type.Literal('alert'), Type.Literal('statistical'), Type.Literal('missing_data')],
  { description: 'Extension: what found it.' },
);
export type AnomalyKind = Static<typeof AnomalyKindSchema>;

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
  kind: Type.Optional(AnomalyKindSchema),
  resolved: Type.Optional(Type.Boolean({ description: 'Extension: only those that are over, or that are not.' })),
  orgCode: OrgCodeSchema,
});
export type AnomalyQuery = Static<typeof AnomalyQuerySchema>;

const texts = (description: string) => Type.Record(Type.String(), Type.String(), { description });
const orNull = (description: string) => Type.Union([Type.String(), Type.Null()], { description });

export const AnomalySchema = Type.Object({
  anomaly_id: Type.String({ examples: ['anom-7f3d8a90c1b2d3e4f5a60718'] }),
  service_id: orNull('Null: it is about a capability, or no label of the alert names a service.'),
  metric_name: Type.String({ description: 'Of an alert, its name.', examples: ['cpu_usage_percent'] }),
  anomaly_score: Type.Number({ minimum: 0, maximum: 1, description: 'Of an alert, by its severity.' }),
  z_score: Type.Number({
    description:
      'The strongest departure in standard deviations, negative below what was expected. Of missing data, how many times the longest usual gap it has been silent. Of an alert, the one its score stands for.',
  }),
  detected_at: Type.String({ format: 'date-time', description: 'Of an alert, when it started.' }),
  rca_triggered: Type.Boolean({ description: 'Whether an analysis of the root cause was started.' }),
  resolved: Type.Boolean(),
  kind: AnomalyKindSchema,
  subject_kind: orNull('Extension: `service` or `capability`; null: an alert that names no service.'),
  subject: orNull('Extension: the service or the capability.'),
  direction: orNull('Extension: `above` or `below` what was expected; null for an alert.'),
  starts_at: Type.String({ format: 'date-time', description: 'Extension: since when it goes on.' }),
  ends_at: orNull('Extension: null while it is open.'),
  resolved_reason: orNull(
    'Extension: why it is over: `back_to_expected`, `shift_learned`, `withdrawn` (the rest of its minute took it back), `data_came_back`, `given_up`, `manual`, or `sender` for an alert.',
  ),
  muted_by: orNull('Extension: id of the maintenance window that muted it when it was last told of.'),
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

export const ContributionSchema = Type.Object(
  {
    dimension: Type.String(),
    value: Type.String(),
    share: Type.Number({ description: 'Of what the dimension departs from the usual in that hour, 0 to 1.' }),
    count: Type.Integer({ description: 'Measurements of that hour.' }),
    mean: Type.Number({ description: 'Of that hour.' }),
    usual_mean: Type.Number({ description: 'Of the week before.' }),
  },
  { description: 'The value of a dimension that departs most from its usual mean in the hour of the anomaly.' },
);
export type Contribution = Static<typeof ContributionSchema>;

export const ExplanationSchema = Type.Object({
  sentence: Type.String(),
  at: Type.String({ format: 'date-time', description: 'Of the point that is told.' }),
  value: Type.Number(),
  expected: Type.Number(),
  band: Type.Object(
    { low: Type.Number(), high: Type.Number() },
    { description: 'Three standard deviations each way.' },
  ),
  direction: Type.String(),
  evidence: Type.String({
    description: '`season`, `sustained`, `roughness`, `level`, `residual`, `difference`, or `silence`.',
  }),
  probability: Type.Union([Type.Number(), Type.Null()], {
    description: 'Of evidence this strong by chance, at most; null for missing data.',
  }),
  n: Type.Integer({ description: 'Minutes that had been learned.' }),
  baseline_window: Type.Object({ from: Type.String(), to: Type.String() }),
  provisional: Type.Boolean({ description: 'Its minute is not over.' }),
  contributing_dimension: Type.Union([ContributionSchema, Type.Null()], {
    description: 'Null where no dimension stands out.',
  }),
});
export type Explanation = Static<typeof ExplanationSchema>;

export const ResolutionSchema = Type.Object({
  resolved_at: Type.String({ format: 'date-time' }),
  resolved_by: Type.String({ description: 'Id of the key or the subject of the token.' }),
  note: Type.String(),
});
export type ResolutionView = Static<typeof ResolutionSchema>;

export const AnomalyDetailsSchema = Type.Object({
  ...AnomalySchema.properties,
  explanation: Type.Union([ExplanationSchema, Type.Null()], { description: 'Null for an alert.' }),
  resolution: Type.Union([ResolutionSchema, Type.Null()], { description: 'By hand; null: nobody did.' }),
});
export type AnomalyDetails = Static<typeof AnomalyDetailsSchema>;

export const ResolveAnomalySchema = Type.Object({
  note: Type.Optional(Type.String({ maxLength: ANOMALY_LIMITS.noteLength, description: 'Why, or what was done.' })),
});
export type ResolveAnomaly = Static<typeof ResolveAnomalySchema>;
