import { type Static, Type } from 'typebox';
import { CONTROL_LIMITS, visibleTextPattern } from './control-limits.ts';

const codeLength = CONTROL_LIMITS.capabilityCodeLength;
const metricTypeLength = CONTROL_LIMITS.metricTypeLength;

export const MetricTypeSchema = Type.String({
  pattern: `^[A-Za-z0-9_.-]{1,${metricTypeLength}}$`,
  'x-issue': `must be 1 to ${metricTypeLength} letters, digits, underscores, dots or hyphens`,
  examples: ['CycleTime'],
});

export const CapabilitySchema = Type.Object({
  orgCode: Type.String({ description: 'Extension: the organization it belongs to.' }),
  code: Type.String({ examples: ['P2P'] }),
  name: Type.String({ examples: ['Prior Authorization (P2P)'] }),
  metricTypes: Type.Array(Type.String(), { description: 'Those defined and those seen in events.' }),
  dimensions: Type.Array(Type.String(), { description: 'Names of the dimensions seen in events.' }),
  eventCount: Type.Integer(),
});
export type CapabilityView = Static<typeof CapabilitySchema>;

export const CapabilityListSchema = Type.Object({ data: Type.Array(CapabilitySchema) });
export type CapabilityList = Static<typeof CapabilityListSchema>;

export const CapabilityQuerySchema = Type.Object({
  orgCode: Type.Optional(Type.String({ description: 'Only those of this organization.' })),
});

export const NewCapabilitySchema = Type.Object({
  orgCode: Type.Optional(Type.String({ description: 'Needed when the key spans several organizations.' })),
  code: Type.String({
    pattern: `^[A-Za-z0-9_-]{1,${codeLength}}$`,
    description: 'Unique within the organization; upper and lower case differ.',
    'x-issue': `must be 1 to ${codeLength} letters, digits, underscores or hyphens`,
    examples: ['P2P'],
  }),
  name: Type.String({
    minLength: 1,
    maxLength: CONTROL_LIMITS.nameLength,
    pattern: visibleTextPattern,
    examples: ['Prior Authorization (P2P)'],
  }),
  metricTypes: Type.Optional(
    Type.Array(MetricTypeSchema, {
      maxItems: CONTROL_LIMITS.metricTypes,
      description: 'Metrics to define at once, without SLA targets.',
    }),
  ),
});
export type NewCapability = Static<typeof NewCapabilitySchema>;
