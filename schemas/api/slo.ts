import { type Static, Type } from 'typebox';
import { CONTROL_LIMITS, visibleTextPattern } from './control-limits.ts';
import { OrgCodeSchema, PageSchema, READ_LIMITS } from './selection.ts';

/** Limits of SLOs, as a client meets them. */
export const SLO_LIMITS = {
  /** SLOs of an organization. */
  slos: 200,
  dimensions: 8,
  maxWindowDays: 366,
  defaultMinEvents: 20,
  maxMinEvents: 1_000_000_000,
  timeZoneLength: 64,
  defaultPageSize: 20,
  pageSize: 50,
  /** Alarms, parts of the attribution, and maintenance periods that an answer shows. */
  alarms: 100,
  attributions: 100,
  maintenance: 100,
} as const;

const NumberOrNull = (description: string) => Type.Union([Type.Number(), Type.Null()], { description });
const time = (description: string) => Type.String({ description, examples: ['2026-03-01T00:00:00Z'] });
const timeOrNull = (description: string) => Type.Union([Type.String(), Type.Null()], { description });

const idPattern = '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$';

export const SloParamsSchema = Type.Object({
  id: Type.String({
    pattern: idPattern,
    description: 'Chosen by the client: letters, digits, dots, underscores and hyphens.',
    examples: ['p2p-cycle-time'],
  }),
});

const DimensionsSchema = Type.Unsafe<Record<string, string>>({
  type: 'object',
  maxProperties: SLO_LIMITS.dimensions,
  propertyNames: { minLength: 1, maxLength: CONTROL_LIMITS.dimensionNameLength },
  additionalProperties: { type: 'string', maxLength: CONTROL_LIMITS.dimensionValueLength },
  description: 'Only events with these values count; absent or empty: all of the metric.',
  examples: [{ urgency: 'Urgent' }],
});

const CalendarSchema = Type.Union(
  [Type.Literal('week'), Type.Literal('month'), Type.Literal('quarter'), Type.Literal('year')],
  { description: 'The present week (from Monday), month, quarter or year.' },
);

const WindowSchema = Type.Object(
  {
    days: Type.Optional(
      Type.Integer({ minimum: 1, maximum: SLO_LIMITS.maxWindowDays, description: 'The last days, to the hour.' }),
    ),
    calendar: Type.Optional(CalendarSchema),
    timeZone: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: SLO_LIMITS.timeZoneLength,
        description: 'IANA time zone in which a calendar window begins; UTC when absent.',
        examples: ['Europe/Berlin'],
      }),
    ),
  },
  {
    additionalProperties: false,
    description: 'Either `days`, or `calendar`.',
    examples: [{ days: 30 }, { calendar: 'month', timeZone: 'Europe/Berlin' }],
  },
);

export const PutSloSchema = Type.Object({
  orgCode: Type.Optional(Type.String({ description: 'Needed when the key spans several organizations.' })),
  name: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: CONTROL_LIMITS.nameLength,
      pattern: visibleTextPattern,
      description: 'The id when absent.',
    }),
  ),
  metricId: Type.String({
    minLength: 1,
    description: 'A metric of a capability: its SLA targets decide which events are good.',
    examples: ['met_P2P_CycleTime'],
  }),
  dimensions: Type.Optional(DimensionsSchema),
  objective: Type.Number({
    exclusiveMinimum: 0,
    exclusiveMaximum: 1,
    description: 'Share of the events with a target that are to meet it.',
    examples: [0.95],
  }),
  window: WindowSchema,
  minEvents: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: SLO_LIMITS.maxMinEvents,
      default: SLO_LIMITS.defaultMinEvents,
      description: 'Fewer events in a window raise no alarm.',
    }),
  ),
});
export type PutSlo = Static<typeof PutSloSchema>;

export const SloSchema = Type.Object({
  id: Type.String(),
  orgCode: Type.String(),
  name: Type.String(),
  metricId: Type.String(),
  capabilityCode: Type.String(),
  metricType: Type.String(),
  dimensions: Type.Record(Type.String(), Type.String()),
  objective: Type.Number(),
  window: Type.Object({
    days: Type.Optional(Type.Integer()),
    calendar: Type.Optional(CalendarSchema),
    timeZone: Type.Optional(Type.String()),
  }),
  minEvents: Type.Integer(),
  createdAt: time('When it was defined first.'),
  updatedAt: time('When its definition was put last.'),
});
export type SloView = Static<typeof SloSchema>;

const BurnSchema = Type.Object({
  alert: Type.Union([Type.Literal('fast'), Type.Literal('slow')]),
  threshold: Type.Number({ description: 'The alert is raised when both rates reach it: 14.4 and 6 for 30 days.' }),
  shortWindow: Type.String({ examples: ['5m'] }),
  shortRate: Type.Number({ description: '1: exactly as fast as the budget allows.' }),
  longWindow: Type.String({ examples: ['1h'] }),
  longRate: Type.Number(),
  longEvents: Type.Integer({ description: 'Events in the long window.' }),
});

export const SloStatusSchema = Type.Object({
  at: time('A full minute: what happened before it counts.'),
  state: Type.Union([Type.Literal('met'), Type.Literal('breached'), Type.Literal('no_data')], {
    description: 'breached: the objective is missed by at least `minEvents` events.',
  }),
  compliance: NumberOrNull('Share of the events in the window that met their target; null without events.'),
  events: Type.Integer(),
  good: Type.Integer(),
  bad: Type.Integer(),
  window: Type.Object({
    from: time('Inclusive.'),
    to: time('Exclusive: the same as `at`.'),
    ends: timeOrNull('When a calendar window ends.'),
  }),
  budget: Type.Object(
    {
      total: Type.Number({ description: 'Events that may be bad of those so far.' }),
      spent: Type.Number({ description: 'Events that were.' }),
      remaining: Type.Number({ description: 'Negative when overspent.' }),
      share: NumberOrNull('What remains of the total: 1 to minus infinity; null without events.'),
    },
    { description: 'The error budget, in events.' },
  ),
  burn: Type.Array(BurnSchema),
});
export type SloStatusView = Static<typeof SloStatusSchema>;

const AlarmSchema = Type.Object({
  id: Type.String({ examples: ['slo-0f3a5b1c2d4e5f60718293a4'] }),
  kind: Type.Union([Type.Literal('breach'), Type.Literal('burn_fast'), Type.Literal('burn_slow')]),
  status: Type.Union([Type.Literal('open'), Type.Literal('resolved')]),
  reason: Type.Union([Type.Literal('recovered'), Type.Literal('removed'), Type.Null()], {
    description: 'Why it ended: the figures recovered, or the SLO was removed.',
  }),
  startedAt: time('When it was found.'),
  endedAt: timeOrNull('When all was well again; null while it is open.'),
  objective: Type.Number({ description: 'That held when it was told of last, like all figures here.' }),
  events: Type.Integer(),
  bad: Type.Integer(),
  shortRate: NumberOrNull('Burn rates and threshold; null for a breach.'),
  longRate: NumberOrNull('Of the long window.'),
  threshold: NumberOrNull('Of both rates.'),
  mutedBy: Type.Union([Type.String(), Type.Null()], { description: 'Maintenance that mutes it.' }),
});
export type SloAlarmView = Static<typeof AlarmSchema>;

const AttributionSchema = Type.Object({
  dimension: Type.String({ examples: ['urgency'] }),
  value: Type.String({ description: '…: values that are too many to be kept apart.', examples: ['Urgent'] }),
  events: Type.Integer(),
  bad: Type.Integer(),
  share: Type.Number({ description: 'Of all bad events.' }),
  budgetShare: Type.Number({ description: 'Of the total budget.' }),
});
export type SloAttributionView = Static<typeof AttributionSchema>;

export const SloReadQuerySchema = Type.Object({
  orgCode: OrgCodeSchema,
  at: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: READ_LIMITS.instantLength,
      description:
        'The status as of then, by what is stored and set now: a date (its first moment, UTC) or a date-time. Absent: now.',
      examples: ['2026-03-01T08:30:00Z'],
    }),
  ),
});

export const SloListQuerySchema = Type.Object({
  ...SloReadQuerySchema.properties,
  page: PageSchema,
  pageSize: Type.Optional(
    Type.Integer({ minimum: 1, maximum: SLO_LIMITS.pageSize, default: SLO_LIMITS.defaultPageSize }),
  ),
});
export type SloListQuery = Static<typeof SloListQuerySchema>;

export const SloListSchema = Type.Object({
  data: Type.Array(Type.Object({ ...SloSchema.properties, status: SloStatusSchema })),
  meta: Type.Object({ page: Type.Integer(), pageSize: Type.Integer(), totalCount: Type.Integer() }),
});
export type SloList = Static<typeof SloListSchema>;

export const SloDetailsSchema = Type.Object({
  ...SloSchema.properties,
  status: SloStatusSchema,
  attribution: Type.Array(AttributionSchema, {
    description: `Which values of which dimensions the bad events had, most first; at most ${SLO_LIMITS.attributions}. Every dimension shares out the whole budget.`,
  }),
  alarms: Type.Array(AlarmSchema, {
    description: `Breaches and burn alerts, open and past, newest first; at most ${SLO_LIMITS.alarms}.`,
  }),
  maintenance: Type.Array(
    Type.Object({
      id: Type.String(),
      from: time('Inclusive.'),
      to: timeOrNull('Exclusive; null: until somebody ends it.'),
    }),
    {
      description: `Maintenance within the window whose minutes are left out of both sides, newest first; at most ${SLO_LIMITS.maintenance}.`,
    },
  ),
});
export type SloDetails = Static<typeof SloDetailsSchema>;

export const SloDeleteQuerySchema = Type.Object({ orgCode: OrgCodeSchema });

export const DeletedSloSchema = Type.Object({ id: Type.String(), status: Type.Literal('deleted') });
