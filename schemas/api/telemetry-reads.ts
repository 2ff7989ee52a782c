import { type Static, Type } from 'typebox';
import { FromSchema, OrgCodeSchema, ToSchema } from './selection.ts';
import { TELEMETRY_LIMITS } from './telemetry-limits.ts';

/** Limits of the lists of telemetry, as a client meets them. */
export const TELEMETRY_READ_LIMITS = {
  pageSize: 1_000,
  defaultPageSize: 100,
  textLength: 1_024,
  cursorLength: 512,
} as const;

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'fatal'] as const;

const bounded = (maxLength: number, description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength, description }));

const PageFields = {
  orgCode: OrgCodeSchema,
  service: bounded(TELEMETRY_LIMITS.serviceLength, 'Only this service.'),
  from: Type.Optional(FromSchema),
  to: Type.Optional(ToSchema),
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: TELEMETRY_READ_LIMITS.pageSize,
      default: TELEMETRY_READ_LIMITS.defaultPageSize,
      description: 'Rows of an answer.',
    }),
  ),
  cursor: bounded(
    TELEMETRY_READ_LIMITS.cursorLength,
    '`meta.nextCursor` of the answer before, with the same filters: goes on where it ended, whatever came in meanwhile.',
  ),
};

const MetaSchema = Type.Object({
  from: Type.String({ examples: ['2026-03-01T00:00:00Z'] }),
  to: Type.String({ examples: ['2026-03-18T23:59:59Z'] }),
  nextCursor: Type.Union([Type.String(), Type.Null()], { description: 'Null on the last page.' }),
});

export const LogListQuerySchema = Type.Object({
  ...PageFields,
  level: Type.Optional(
    Type.Union(
      LOG_LEVELS.map((level) => Type.Literal(level)),
      { description: 'Only this level.' },
    ),
  ),
  traceId: bounded(TELEMETRY_LIMITS.traceIdLength, 'Only of this trace.'),
  text: bounded(
    TELEMETRY_READ_LIMITS.textLength,
    'Only messages in which each of these words occurs, in any order and case; a word is letters and digits.',
  ),
});
export type LogListQuery = Static<typeof LogListQuerySchema>;

export const ListedLogSchema = Type.Object({
  id: Type.String(),
  orgCode: Type.String(),
  service: Type.String(),
  level: Type.String({ examples: ['error'] }),
  message: Type.String(),
  timestamp: Type.String(),
  traceId: Type.Optional(Type.String()),
  spanId: Type.Optional(Type.String()),
  metadata: Type.Record(Type.String(), Type.String(), { description: 'Nested values as JSON text.' }),
});
export type ListedLog = Static<typeof ListedLogSchema>;

export const LogListSchema = Type.Object({ data: Type.Array(ListedLogSchema), meta: MetaSchema });
export type LogList = Static<typeof LogListSchema>;

export const DeploymentListQuerySchema = Type.Object({
  ...PageFields,
  environment: bounded(TELEMETRY_LIMITS.environmentLength, 'Only this environment.'),
});
export type DeploymentListQuery = Static<typeof DeploymentListQuerySchema>;

export const ListedDeploymentSchema = Type.Object({
  id: Type.String(),
  orgCode: Type.String(),
  service: Type.String(),
  version: Type.String(),
  environment: Type.String(),
  gitHash: Type.Optional(Type.String()),
  timestamp: Type.String(),
  metadata: Type.Record(Type.String(), Type.String(), { description: 'Nested values as JSON text.' }),
});
export type ListedDeployment = Static<typeof ListedDeploymentSchema>;

export const DeploymentListSchema = Type.Object({ data: Type.Array(ListedDeploymentSchema), meta: MetaSchema });
export type DeploymentList = Static<typeof DeploymentListSchema>;
