import { type Static, Type } from 'typebox';
import { CurrentRollingSchema } from './rolling.ts';
import { FromSchema, OrgCodeSchema, PageSchema, READ_LIMITS, SelectionFields, ToSchema } from './selection.ts';
import { TELEMETRY_LIMITS } from './telemetry-limits.ts';

const Compliance = Type.Union([Type.Number(), Type.Null()], {
  description: 'Share of the events with an SLA target whose value is at most the target; null when none has one.',
  examples: [0.92],
});
const NumberOrNull = Type.Union([Type.Number(), Type.Null()]);

export const MetricListQuerySchema = Type.Object({
  ...SelectionFields,
  metricType: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: TELEMETRY_LIMITS.metricNameLength,
      description: 'Only this type of metric.',
      examples: ['CycleTime'],
    }),
  ),
  service: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: TELEMETRY_LIMITS.serviceLength,
      description:
        'Extension: the metrics of this service instead of those of capabilities; its log events are the metrics `logs.<level>`.',
    }),
  ),
  groupBy: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: TELEMETRY_LIMITS.metadataNameLength,
      description: `Name of a dimension: one row for each of its values, the ${READ_LIMITS.groups} largest.`,
      examples: ['urgency'],
    }),
  ),
  page: PageSchema,
  pageSize: Type.Optional(
    Type.Integer({ minimum: 1, maximum: READ_LIMITS.metricPageSize, default: READ_LIMITS.metricPageSize }),
  ),
});
export type MetricListQuery = Static<typeof MetricListQuerySchema>;

export const MetricRowSchema = Type.Object({
  orgCode: Type.String({ description: 'Extension: the organization the row is about.' }),
  capabilityCode: Type.String({ description: 'Empty where the row is about a service.' }),
  service: Type.Optional(Type.String({ description: 'Extension: the service the row is about.' })),
  metricType: Type.String(),
  dimensions: Type.Optional(
    Type.Unsafe<Record<string, string | null>>({
      type: 'object',
      additionalProperties: { type: ['string', 'null'] },
      description: 'With groupBy: the dimension and its value, null for events without it.',
      examples: [{ urgency: 'Standard' }],
    }),
  ),
  count: Type.Integer(),
  avg: Type.Number(),
  p50: Type.Number(),
  p90: Type.Number({ description: 'Extension.' }),
  p95: Type.Number(),
  p99: Type.Number({ description: 'Extension.' }),
  min: Type.Number(),
  max: Type.Number(),
  sum: Type.Number({ description: 'Extension.' }),
  slaCompliance: Compliance,
});
export type MetricRow = Static<typeof MetricRowSchema>;

export const MetricListSchema = Type.Object({
  data: Type.Array(MetricRowSchema),
  meta: Type.Object({
    from: Type.String({ examples: ['2026-03-01T00:00:00Z'] }),
    to: Type.String({ examples: ['2026-03-18T23:59:59Z'] }),
    page: Type.Integer(),
    pageSize: Type.Integer(),
    totalCount: Type.Integer({ description: 'Rows on all pages.' }),
    truncated: Type.Boolean({
      description: 'Whether there are more rows than one answer may have; the largest are shown.',
    }),
  }),
});
export type MetricList = Static<typeof MetricListSchema>;

export const MetricPathSchema = Type.Object({
  id: Type.String({
    minLength: 1,
    description: 'met_<capability>_<metricType>; extension: where there is no such metric, met_<service>_<metric>',
    examples: ['met_P2P_CycleTime'],
  }),
});

export const MetricDetailsQuerySchema = Type.Object({ orgCode: OrgCodeSchema });

export const MetricDetailsSchema = Type.Object({
  id: Type.String(),
  capabilityCode: Type.String({ description: 'Empty for a metric of a service.' }),
  service: Type.Optional(Type.String({ description: 'Extension: of a metric of a service.' })),
  metricType: Type.String(),
  displayName: Type.String(),
  unit: Type.String(),
  slaTargets: Type.Record(Type.String(), Type.Number()),
  slaDimension: Type.String({ description: 'Extension: the dimension whose value chooses the target.' }),
  current: Type.Object(
    {
      avg: NumberOrNull,
      p95: NumberOrNull,
      compliance: Compliance,
      count: Type.Integer({ description: 'Extension.' }),
      rolling: CurrentRollingSchema,
    },
    { description: 'The last 30 days, to the hour.' },
  ),
  breakdown: Type.Array(
    Type.Object({
      dimension: Type.String(),
      value: Type.Union([Type.String(), Type.Null()]),
      count: Type.Integer(),
      avg: Type.Number(),
      p95: Type.Number(),
      compliance: Compliance,
    }),
    { description: 'Extension: the same by value of the SLA dimension, the largest groups first.' },
  ),
});
export type MetricDetails = Static<typeof MetricDetailsSchema>;

export const SeriesQuerySchema = Type.Object({
  orgCode: OrgCodeSchema,
  from: FromSchema,
  to: ToSchema,
  interval: Type.Optional(
    Type.Union(
      [Type.Literal('minute'), Type.Literal('hour'), Type.Literal('day'), Type.Literal('week'), Type.Literal('month')],
      { default: 'day', description: 'Weeks begin on Monday. `minute` is an extension.' },
    ),
  ),
  fill: Type.Optional(
    Type.Union([Type.Literal('null'), Type.Literal('zero')], {
      description: 'Extension: what stands for buckets without events; they are left out when absent.',
    }),
  ),
  tz: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: READ_LIMITS.nameLength,
      description:
        'Extension: IANA time zone of the buckets, and of `from` and `to` where they are dates. UTC when absent.',
      examples: ['America/New_York'],
    }),
  ),
});
export type SeriesQuery = Static<typeof SeriesQuerySchema>;

export const SeriesPointSchema = Type.Object({
  date: Type.String({ examples: ['2026-03-01'] }),
  avg: NumberOrNull,
  count: Type.Integer(),
  min: NumberOrNull,
  max: NumberOrNull,
  p50: NumberOrNull,
  p95: NumberOrNull,
  slaCompliance: Compliance,
});
export type SeriesPoint = Static<typeof SeriesPointSchema>;

export const SeriesSchema = Type.Object({
  metricId: Type.String(),
  interval: Type.String(),
  series: Type.Array(SeriesPointSchema),
});
export type Series = Static<typeof SeriesSchema>;
