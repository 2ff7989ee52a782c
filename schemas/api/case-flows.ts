import { type Static, Type } from 'typebox';
import { CONTROL_LIMITS, visibleTextPattern } from './control-limits.ts';
import { EVENT_LIMITS } from './event-limits.ts';
import { OrgCodeSchema, READ_LIMITS } from './selection.ts';

/** Limits of a flow as a client meets them. */
export const FLOW_LIMITS = {
  endMilestones: 32,
  stageTargets: CONTROL_LIMITS.slaTargets,
  /** A century. */
  durationMs: 36_500 * 86_400_000,
} as const;

const milestoneText = { maxLength: EVENT_LIMITS.dimensionValueLength, pattern: visibleTextPattern };
const durationRange = { minimum: 1, maximum: FLOW_LIMITS.durationMs };

const durationOrNull = (description: string) =>
  Type.Optional(Type.Union([Type.Integer(durationRange), Type.Null()], { description }));

const StageTargetsSchema = Type.Unsafe<Record<string, number>>({
  type: 'object',
  maxProperties: FLOW_LIMITS.stageTargets,
  propertyNames: milestoneText,
  additionalProperties: { type: 'integer', ...durationRange },
  description: 'Milliseconds a stage may take, by the milestone it begins with.',
  examples: [{ RequestReceived: 14_400_000 }],
});

const FlowFields = {
  endMilestones: Type.Array(Type.String(milestoneText), {
    maxItems: FLOW_LIMITS.endMilestones,
    description: 'Milestones that end a case: the first of them does. Without any, cases stay open.',
    examples: [['Approved', 'Denied']],
  }),
  targetMs: durationOrNull('Milliseconds a case may take from its first milestone on.'),
  deadlineDimension: Type.Optional(
    Type.Union([Type.String({ minLength: 1, maxLength: EVENT_LIMITS.dimensionNameLength }), Type.Null()], {
      description:
        'Dimension of a milestone that holds the deadline of its case, RFC 3339; the latest milestone that has one counts, and it counts before `targetMs`.',
      examples: ['deadline'],
    }),
  ),
  stageTargetsMs: Type.Optional(StageTargetsSchema),
  stuckAfterMs: durationOrNull('A case without a milestone for so many milliseconds is stuck.'),
  pausesInMaintenance: Type.Optional(
    Type.Boolean({
      default: true,
      description:
        'Whether the time of a case stands still during maintenance of its capability that is excluded from SLAs.',
    }),
  ),
};

export const PutFlowSchema = Type.Object({ orgCode: OrgCodeSchema, ...FlowFields });
export type PutFlow = Static<typeof PutFlowSchema>;

export const FlowParamsSchema = Type.Object({
  code: Type.String({
    minLength: 1,
    maxLength: READ_LIMITS.nameLength,
    description: 'Of the capability.',
    examples: ['P2P'],
  }),
});
export const FlowQuerySchema = Type.Object({ orgCode: OrgCodeSchema });

const durationOut = Type.Union([Type.Integer(), Type.Null()]);

export const FlowSchema = Type.Object({
  orgCode: Type.String(),
  capabilityCode: Type.String(),
  endMilestones: Type.Array(Type.String()),
  targetMs: durationOut,
  deadlineDimension: Type.Union([Type.String(), Type.Null()]),
  stageTargetsMs: Type.Record(Type.String(), Type.Integer()),
  stuckAfterMs: durationOut,
  pausesInMaintenance: Type.Boolean(),
});
export type FlowView = Static<typeof FlowSchema>;

export const DeletedFlowSchema = Type.Object({
  orgCode: Type.String(),
  capabilityCode: Type.String(),
  deleted: Type.Boolean({ description: 'Whether there was one.' }),
});
