import { type Static, type TSchema, Type } from 'typebox';
import { jsonOrLines } from './documented-bodies.ts';
import { IngestHeadersSchema, IngestQuerySchema } from './events.ts';
import { NDJSON_TYPE } from './ndjson-limits.ts';
import { TELEMETRY_LIMITS as limits } from './telemetry-limits.ts';

const ServiceSchema = Type.String({
  minLength: 1,
  maxLength: limits.serviceLength,
  description: 'Service the data comes from. Space around it is cut off, upper and lower case are kept.',
  examples: ['billing-service'],
});

const TimestampSchema = Type.String({
  description:
    'RFC 3339 with offset, milliseconds kept; the time of the request when absent. Not more than 10 minutes ahead, not older than the retention.',
  examples: ['2026-03-18T10:30:00Z'],
});

const MetadataSchema = Type.Unsafe<Record<string, unknown>>({
  type: 'object',
  maxProperties: limits.names,
  description: `Names of 1 to ${limits.metadataNameLength} characters; values of any kind, nested ones are kept as JSON text.`,
  examples: [{ region: 'eu-west-1', env: 'prod', team: 'platform' }],
});

const LabelsSchema = Type.Unsafe<Record<string, string | number | boolean>>({
  type: 'object',
  maxProperties: limits.names,
  additionalProperties: { type: ['string', 'number', 'boolean'], maxLength: limits.labelValueLength },
  description: 'Dimensions to filter and group by. Numbers and booleans are kept as text.',
  examples: [{ region: 'eu-west-1', env: 'prod' }],
});

const LevelSchema = Type.Unsafe<'debug' | 'info' | 'warn' | 'error' | 'fatal'>({
  type: 'string',
  enum: ['debug', 'info', 'warn', 'error', 'fatal'],
  examples: ['error'],
});

const logExample = {
  service: 'api-gateway',
  level: 'error',
  message: 'Upstream timeout connecting to auth-service',
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  metadata: { region: 'eu-west-1', env: 'prod', attempt: { number: 3, ofMax: 5 } },
};
const pointExample = {
  service: 'api-gateway',
  name: 'request_latency_p99',
  value: 2.34,
  unit: 'seconds',
  labels: { region: 'eu-west-1', env: 'prod', endpoint: '/api/v1/users' },
};
const deploymentExample = {
  service: 'payment-service',
  version: 'v2.0.1',
  environment: 'production',
  gitHash: 'a1b2c3d4',
  metadata: { deployedBy: 'jenkins', deployId: 'job-123' },
};

/** One log event as a client sends it. Unknown fields are ignored, here and in the other items. */
export const IncomingLogSchema = Type.Object(
  {
    service: ServiceSchema,
    level: LevelSchema,
    message: Type.String({ minLength: 1, maxLength: limits.messageLength, examples: ['Payment of order 4711 failed'] }),
    timestamp: Type.Optional(TimestampSchema),
    traceId: Type.Optional(
      Type.String({ maxLength: limits.traceIdLength, examples: ['4bf92f3577b34da6a3ce929d0e0e4736'] }),
    ),
    spanId: Type.Optional(Type.String({ maxLength: limits.spanIdLength, examples: ['00f067aa0ba902b7'] })),
    metadata: Type.Optional(MetadataSchema),
  },
  { examples: [logExample] },
);
export type IncomingLog = Static<typeof IncomingLogSchema>;

/** One point of a metric as a client sends it. */
export const IncomingPointSchema = Type.Object(
  {
    service: ServiceSchema,
    name: Type.String({
      minLength: 1,
      maxLength: limits.metricNameLength,
      description: 'Name of the metric.',
      examples: ['request_latency_p99'],
    }),
    value: Type.Number({
      description: 'Any finite number.',
      'x-issue': 'must be a finite number',
      examples: [2.34],
    }),
    unit: Type.String({ minLength: 1, maxLength: limits.unitLength, examples: ['seconds'] }),
    timestamp: Type.Optional(TimestampSchema),
    labels: Type.Optional(LabelsSchema),
  },
  { examples: [pointExample] },
);
export type IncomingPoint = Static<typeof IncomingPointSchema>;

/** One deployment as a client sends it. */
export const IncomingDeploymentSchema = Type.Object(
  {
    service: ServiceSchema,
    version: Type.String({ minLength: 1, maxLength: limits.versionLength, examples: ['v2.0.1'] }),
    environment: Type.String({ minLength: 1, maxLength: limits.environmentLength, examples: ['production'] }),
    gitHash: Type.Optional(Type.String({ maxLength: limits.gitHashLength, examples: ['a1b2c3d4'] })),
    timestamp: Type.Optional(TimestampSchema),
    metadata: Type.Optional(MetadataSchema),
  },
  { examples: [deploymentExample] },
);
export type IncomingDeployment = Static<typeof IncomingDeploymentSchema>;

export const IncomingLogsSchema = Type.Array(IncomingLogSchema, {
  maxItems: limits.batchLogs,
  examples: [[logExample, logExample]],
});
export const IncomingPointsSchema = Type.Array(IncomingPointSchema, {
  maxItems: limits.batchMetrics,
  examples: [[pointExample, pointExample]],
});
export const IncomingDeploymentsSchema = Type.Array(IncomingDeploymentSchema, {
  maxItems: limits.batchDeployments,
  examples: [[deploymentExample, deploymentExample]],
});

export const ItemQueuedSchema = Type.Object({
  id: Type.String({ format: 'uuid', examples: ['f47ac10b-58cc-4372-a567-0e02b2c3d479'] }),
  queued: Type.Boolean({ description: 'True: it is durable in the log.' }),
});
export type ItemQueued = Static<typeof ItemQueuedSchema>;

export const ItemsAcceptedSchema = Type.Object({ accepted: Type.Integer({ minimum: 0 }) });
export type ItemsAccepted = Static<typeof ItemsAcceptedSchema>;

/** The organization is not checked here: whatever names none the credential may touch is answered with 403. */
export const TelemetryHeadersSchema = Type.Object({
  'x-organization-id': Type.Optional(
    Type.String({
      description:
        'Organization, by any of its ids. Without it: the only organization of the key, else the default organization, which is limited to 5 services.',
    }),
  ),
});

const headers = Type.Object({ ...IngestHeadersSchema.properties, ...TelemetryHeadersSchema.properties });
const shared = { headers, querystring: IngestQuerySchema, tags: ['Telemetry'] };

const oneOf = (noun: string, body: TSchema) => ({
  ...shared,
  summary: `Ingest one ${noun}`,
  body,
  response: { 202: ItemQueuedSchema },
});

interface Batch {
  maxItems: number;
  body: TSchema;
  example: object;
}

const batchOf = (noun: string, { maxItems, body, example }: Batch) => ({
  ...shared,
  summary: `Ingest a batch of ${noun}s`,
  description: `Up to ${maxItems.toLocaleString('en')} of them, all or none; or, as an extension, any number of them one a line (NDJSON).`,
  consumes: ['application/json', NDJSON_TYPE],
  body,
  documented: { body: jsonOrLines(body, [example, example]) },
  response: { 202: ItemsAcceptedSchema },
});

/** What the ingest tier serves and the API tier hands on; `noun` as error messages call one item. */
export const TELEMETRY_ROUTES = {
  logs: {
    noun: 'log event',
    maxItems: limits.batchLogs,
    isBatchExtension: false,
    one: oneOf('log event', IncomingLogSchema),
    batch: batchOf('log event', { maxItems: limits.batchLogs, body: IncomingLogsSchema, example: logExample }),
  },
  metrics: {
    noun: 'metric event',
    maxItems: limits.batchMetrics,
    isBatchExtension: true,
    one: oneOf('metric event', IncomingPointSchema),
    batch: batchOf('metric event', {
      maxItems: limits.batchMetrics,
      body: IncomingPointsSchema,
      example: pointExample,
    }),
  },
  deployments: {
    noun: 'deployment event',
    maxItems: limits.batchDeployments,
    isBatchExtension: true,
    one: oneOf('deployment event', IncomingDeploymentSchema),
    batch: batchOf('deployment event', {
      maxItems: limits.batchDeployments,
      body: IncomingDeploymentsSchema,
      example: deploymentExample,
    }),
  },
} as const;
