import { type Static, Type } from 'typebox';
import { EVENT_LIMITS } from './event-limits.ts';
import { FromSchema, OrgCodeSchema, SelectionFields, ToSchema } from './selection.ts';

/** Limits of the lists of cases, as a client meets them. */
export const CASE_LIMITS = {
  pageSize: 1_000,
  defaultPageSize: 100,
  cursorLength: 512,
} as const;

const oneOf = <const Values extends readonly string[]>(values: Values, description: string) =>
  Type.Optional(
    Type.Union(
      values.map((value) => Type.Literal(value as Values[number])),
      { description },
    ),
  );

export const CaseQuerySchema = Type.Object({
  orgCode: OrgCodeSchema,
  capabilityCode: SelectionFields.capabilityCode,
  capability: SelectionFields.capability,
  status: oneOf(
    ['open', 'closed', 'abandoned'],
    'Only these; `abandoned`: without a milestone for as long as data is kept.',
  ),
  risk: oneOf(['none', 'at_risk', 'breached', 'stuck'], 'Only these; a case may be stuck beside its risk.'),
  stage: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: EVENT_LIMITS.dimensionValueLength,
      description: 'Only open cases in the stage that begins with this milestone.',
    }),
  ),
  from: Type.Optional(FromSchema),
  to: Type.Optional(ToSchema),
  sort: oneOf(['age', 'due', 'newest'], 'Oldest first (default), the one that is due first, or the newest first.'),
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: CASE_LIMITS.pageSize, default: CASE_LIMITS.defaultPageSize }),
  ),
  cursor: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: CASE_LIMITS.cursorLength,
      description: '`meta.nextCursor` of the answer before, with the same filters.',
    }),
  ),
});
export type CaseQuery = Static<typeof CaseQuerySchema>;

const instantOrNull = (description: string) =>
  Type.Union([Type.String({ format: 'date-time' }), Type.Null()], { description });
const numberOrNull = (description: string) => Type.Union([Type.Number(), Type.Null()], { description });

const CaseFields = {
  orgCode: Type.String(),
  capabilityCode: Type.String({ examples: ['P2P'] }),
  correlationId: Type.String({ examples: ['CASE-2026-00482'] }),
  status: Type.String({ description: 'open, closed or abandoned.', examples: ['open'] }),
  risk: Type.String({
    description: 'none, at_risk (80 % of its target have passed) or breached.',
    examples: ['at_risk'],
  }),
  stuck: Type.Boolean({ description: 'No milestone for longer than its flow allows.' }),
  stage: Type.Union([Type.String(), Type.Null()], {
    description: 'The milestone its present stage began with; null when it has ended.',
  }),
  lastMilestone: Type.String({ description: 'The milestone that ended it, else its latest.' }),
  lastMilestoneAt: Type.String({ format: 'date-time' }),
  openedAt: Type.String({ format: 'date-time' }),
  closedAt: instantOrNull('Null while it is open.'),
  ageMs: Type.Number({ description: 'Milliseconds from its first milestone to its end, or to `asOf`.' }),
  stageAgeMs: numberOrNull('Milliseconds its present stage has taken; null when it has ended.'),
  activeMs: numberOrNull('Milliseconds to its end without its pauses in maintenance; null while it is open.'),
  targetMs: numberOrNull('Milliseconds it may take; below 0 where its deadline came before its first milestone.'),
  dueAt: instantOrNull('The last instant at which it is in time, moved by the maintenance known; null: no target.'),
  stageDueAt: instantOrNull('The same for its present stage.'),
  milestoneCount: Type.Integer(),
};

export const CaseSchema = Type.Object(CaseFields);
export type Case = Static<typeof CaseSchema>;

export const CaseListSchema = Type.Object({
  data: Type.Array(CaseSchema),
  meta: Type.Object({
    asOf: Type.String({ format: 'date-time', description: 'When this was answered; ages count to it.' }),
    nextCursor: Type.Union([Type.String(), Type.Null()], { description: 'Null on the last page.' }),
    counts: Type.Object(
      {
        open: Type.Integer(),
        closed: Type.Integer(),
        abandoned: Type.Integer(),
        atRisk: Type.Integer({ description: 'Of the open ones.' }),
        breached: Type.Integer({ description: 'Of the open ones.' }),
        stuck: Type.Integer({ description: 'Of the open ones.' }),
        closedLate: Type.Integer({ description: 'Of the closed ones: after they were due.' }),
      },
      { description: 'On all pages, of every status and risk.' },
    ),
  }),
});
export type CaseList = Static<typeof CaseListSchema>;

export const CasePathSchema = Type.Object({
  correlationId: Type.String({ minLength: 1, maxLength: EVENT_LIMITS.correlationIdLength }),
});

export const CaseDetailsQuerySchema = Type.Object({
  orgCode: OrgCodeSchema,
  capabilityCode: SelectionFields.capabilityCode,
  capability: SelectionFields.capability,
});
export type CaseDetailsQuery = Static<typeof CaseDetailsQuerySchema>;

export const CaseDetailsSchema = Type.Object({
  ...CaseFields,
  asOf: Type.String({ format: 'date-time', description: 'When this was answered; ages count to it.' }),
  episodes: Type.Integer({
    description: 'How often it was begun: milestones long after the end of a case begin it again. The newest is shown.',
  }),
  milestones: Type.Array(
    Type.Object({
      milestone: Type.String(),
      at: Type.String({ format: 'date-time' }),
      durationMs: numberOrNull('Milliseconds since the milestone before; null for the first.'),
      activeMs: numberOrNull('The same without its pauses in maintenance.'),
      isAfterEnd: Type.Boolean({ description: 'It came after the end and belongs to no stage.' }),
    }),
    { description: 'In the order of time. Of more than 256 those before the last are left out.' },
  ),
});
export type CaseDetails = Static<typeof CaseDetailsSchema>;
