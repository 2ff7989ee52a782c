import { type Static, Type } from 'typebox';
import { CONTROL_LIMITS, visibleTextPattern } from './control-limits.ts';

const SlaTargetsSchema = Type.Unsafe<Record<string, number>>({
  type: 'object',
  maxProperties: CONTROL_LIMITS.slaTargets,
  propertyNames: { pattern: visibleTextPattern, maxLength: CONTROL_LIMITS.dimensionValueLength },
  additionalProperties: { type: 'number', minimum: 0 },
  description: 'Target by value of the SLA dimension, in the unit of the metric: met when value <= target.',
  examples: [{ Expedited: 8, Urgent: 24, Standard: 72 }],
});

export const MetricParamsSchema = Type.Object({
  id: Type.String({ description: 'met_<capability>_<metricType>', examples: ['met_P2P_CycleTime'] }),
});

export const PutMetricSchema = Type.Object({
  orgCode: Type.Optional(Type.String({ description: 'Needed when the key spans several organizations.' })),
  displayName: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: CONTROL_LIMITS.nameLength,
      pattern: visibleTextPattern,
      description: 'Made from the id when absent.',
      examples: ['P2P Cycle Time'],
    }),
  ),
  unit: Type.Optional(
    Type.String({ maxLength: CONTROL_LIMITS.unitLength, pattern: '^[^\\u0000-\\u001f\\u007f]*$', examples: ['hours'] }),
  ),
  slaDimension: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: CONTROL_LIMITS.dimensionNameLength,
      pattern: visibleTextPattern,
      description: 'The dimension whose value chooses the target; urgency when absent.',
    }),
  ),
  slaTargets: Type.Optional(SlaTargetsSchema),
});
export type PutMetric = Static<typeof PutMetricSchema>;

export const MetricDefinitionSchema = Type.Object({
  id: Type.String(),
  capabilityCode: Type.String(),
  metricType: Type.String(),
  displayName: Type.String(),
  unit: Type.String(),
  slaDimension: Type.String(),
  slaTargets: Type.Record(Type.String(), Type.Number()),
});
export type MetricDefinitionView = Static<typeof MetricDefinitionSchema>;
