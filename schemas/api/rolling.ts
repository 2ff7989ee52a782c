import { type Static, Type } from 'typebox';
import { Instant, OrgCodeSchema } from './selection.ts';

export const ROLLING_WINDOWS = ['5m', '1h', '24h'] as const;
export type RollingWindow = (typeof ROLLING_WINDOWS)[number];

/** A range without a start is so long. */
export const DEFAULT_HOURS = 24;

/** Points of one answer. */
export const MAX_ROLLING_POINTS = 10_000;

const NumberOrNull = Type.Union([Type.Number(), Type.Null()]);

export const RollingPointSchema = Type.Object({
  at: Type.String({
    description: 'End of the window, a full minute. The point holds until the next one.',
    examples: ['2026-03-01T08:30:00Z'],
  }),
  from: Type.String({
    description: 'Start of the window. That of 24h is a full hour: it is up to 59 minutes longer.',
    examples: ['2026-03-01T07:30:00Z'],
  }),
  count: Type.Integer(),
  p50: NumberOrNull,
  p90: NumberOrNull,
  p95: NumberOrNull,
  p99: NumberOrNull,
  revision: Type.Integer({ description: 'How often late events changed the window after it was closed.' }),
});
export type RollingPoint = Static<typeof RollingPointSchema>;

/** The newest closed window of each length; null where there is none. */
export const CurrentRollingSchema = Type.Object(
  {
    '5m': Type.Union([RollingPointSchema, Type.Null()]),
    '1h': Type.Union([RollingPointSchema, Type.Null()]),
    '24h': Type.Union([RollingPointSchema, Type.Null()]),
  },
  { description: 'Extension: percentiles over the sliding windows that were closed last, by the time of the events.' },
);
export type CurrentRolling = Static<typeof CurrentRollingSchema>;

export const RollingQuerySchema = Type.Object({
  orgCode: OrgCodeSchema,
  window: Type.Optional(
    Type.Union([Type.Literal('5m'), Type.Literal('1h'), Type.Literal('24h')], {
      default: '1h',
      description: 'Length of the sliding window.',
    }),
  ),
  from: Type.Optional(
    Instant(
      `Start, inclusive: a date (its first moment, UTC) or a date-time. Absent: ${DEFAULT_HOURS} hours before the end.`,
      '2026-03-18',
    ),
  ),
  to: Type.Optional(Instant('End: a date (inclusive) or a date-time (exclusive). Absent: now.', '2026-03-18')),
});

export const RollingSchema = Type.Object({
  metricId: Type.String(),
  window: Type.String(),
  points: Type.Array(RollingPointSchema, {
    description: `One for each minute at which the window changed, first the one that held when the range began; at most ${MAX_ROLLING_POINTS}.`,
  }),
  meta: Type.Object({
    from: Type.String(),
    to: Type.String(),
    truncated: Type.Boolean({
      description: 'Whether there are more points than one answer may have; the first are shown.',
    }),
  }),
});
export type Rolling = Static<typeof RollingSchema>;
