import { type Static, Type } from 'typebox';
import { ANOMALY_LIMITS } from './anomalies.ts';
import { OrgCodeSchema, READ_LIMITS } from './selection.ts';

export const BACKTEST_LIMITS = {
  /** Of the range that is judged. */
  days: 31,
  /** Before it, what is learned from. */
  learnedDays: 21,
  anomalies: 1_000,
  persistence: 60,
  cooldownMinutes: 10_080,
  maxThreshold: 300,
} as const;

const instant = (description: string) =>
  Type.String({ minLength: 1, maxLength: READ_LIMITS.instantLength, description, examples: ['2026-04-10T12:00:00Z'] });
const named = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: ANOMALY_LIMITS.serviceLength, description }));

const PolicySchema = (description: string) =>
  Type.Optional(
    Type.Object(
      {
        threshold: Type.Optional(
          Type.Number({
            minimum: 0.1,
            maximum: BACKTEST_LIMITS.maxThreshold,
            description: 'Of the score, -log10 of a probability.',
          }),
        ),
        persistence: Type.Optional(
          Type.Integer({
            minimum: 1,
            maximum: BACKTEST_LIMITS.persistence,
            description: 'Anomalous minutes in a row.',
          }),
        ),
        cooldown_minutes: Type.Optional(Type.Integer({ minimum: 0, maximum: BACKTEST_LIMITS.cooldownMinutes })),
        escalation: Type.Optional(
          Type.Number({
            minimum: 0,
            maximum: BACKTEST_LIMITS.maxThreshold,
            description: 'A score higher than that of the last alert by this is told in spite of the cooldown.',
          }),
        ),
      },
      { description, additionalProperties: false },
    ),
  );

export const BacktestBodySchema = Type.Object({
  orgCode: OrgCodeSchema,
  service_id: named('The service, with `metric_name`.'),
  capability: named('The capability, with `metric_name`.'),
  metric_name: Type.String({ minLength: 1, maxLength: ANOMALY_LIMITS.serviceLength, examples: ['latency_ms'] }),
  from: instant(`Start, inclusive; what came in the ${BACKTEST_LIMITS.learnedDays} days before is learned from.`),
  to: instant(`End, exclusive; at most ${BACKTEST_LIMITS.days} days after.`),
  long: PolicySchema('For incidents that last; what is left out is as it is now.'),
  short: PolicySchema('For incidents of a few minutes.'),
});
export type BacktestBody = Static<typeof BacktestBodySchema>;

const PolicyViewSchema = Type.Object({
  threshold: Type.Number(),
  persistence: Type.Integer(),
  cooldown_minutes: Type.Integer(),
  escalation: Type.Number(),
});

export const BacktestAnomalySchema = Type.Object({
  kind: Type.String(),
  starts_at: Type.String(),
  ends_at: Type.Union([Type.String(), Type.Null()]),
  resolved_reason: Type.Union([Type.String(), Type.Null()]),
  value: Type.Number(),
  expected: Type.Number(),
  z_score: Type.Number(),
  anomaly_score: Type.Number(),
  direction: Type.String(),
  evidence: Type.String(),
});
export type BacktestAnomaly = Static<typeof BacktestAnomalySchema>;

const RunSchema = Type.Object({
  long: PolicyViewSchema,
  short: PolicyViewSchema,
  anomalies: Type.Array(BacktestAnomalySchema, { description: `The first ${BACKTEST_LIMITS.anomalies}.` }),
  total: Type.Integer(),
});

export const BacktestSchema = Type.Object({
  meta: Type.Object({
    from: Type.String(),
    to: Type.String(),
    learned_from: Type.String(),
    minutes: Type.Integer({ description: 'With data, in the range.' }),
    learned_minutes: Type.Integer({ description: 'With data, before it.' }),
  }),
  present: RunSchema,
  given: RunSchema,
  difference: Type.Object(
    {
      added: Type.Array(BacktestAnomalySchema),
      removed: Type.Array(BacktestAnomalySchema),
      kept: Type.Integer(),
    },
    {
      description:
        'Anomalies of the given parameters that meet none of the present ones in time, and the other way round.',
    },
  ),
});
export type Backtest = Static<typeof BacktestSchema>;
