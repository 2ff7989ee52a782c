import { type Static, Type } from 'typebox';
import { jsonOrLines } from './documented-bodies.ts';
import { EVENT_LIMITS } from './event-limits.ts';

const CodeSchema = Type.String({ minLength: 1, maxLength: EVENT_LIMITS.codeLength });

/** Values of dimensions are kept as text: 5 and true become '5' and 'true'. */
const DimensionsSchema = Type.Unsafe<Record<string, string | number | boolean>>({
  type: 'object',
  maxProperties: EVENT_LIMITS.dimensions,
  additionalProperties: { type: ['string', 'number', 'boolean'], maxLength: EVENT_LIMITS.dimensionValueLength },
  description: `Names of 1 to ${EVENT_LIMITS.dimensionNameLength} characters. Numbers and booleans are kept as text.`,
  examples: [{ urgency: 'Standard', region: 'Northeast' }],
});

const eventExample = {
  orgCode: 'ACME',
  capabilityCode: 'P2P',
  metricType: 'CycleTime',
  value: 14.5,
  dimensions: { urgency: 'Standard', region: 'Northeast' },
  correlationId: 'case-4711',
};

/** One event as a client sends it. Unknown fields are ignored, so that newer clients can talk to older servers. */
export const IncomingEventSchema = Type.Object(
  {
    orgCode: Type.String({
      minLength: 1,
      maxLength: EVENT_LIMITS.codeLength,
      description: 'Organization, by its code or any of its ids. All events of a batch belong to one organization.',
      examples: ['ACME'],
    }),
    capabilityCode: Type.Optional(
      Type.String({ ...CodeSchema, description: 'Capability code. `capability` is accepted too.', examples: ['P2P'] }),
    ),
    capability: Type.Optional(Type.String({ ...CodeSchema, description: 'Extension: the same as `capabilityCode`.' })),
    metricType: Type.String({
      pattern: `^[A-Za-z0-9_.-]{1,${EVENT_LIMITS.metricTypeLength}}$`,
      description: 'Type of metric.',
      'x-issue': `must be 1 to ${EVENT_LIMITS.metricTypeLength} letters, digits, underscores, dots or hyphens`,
      examples: ['CycleTime'],
    }),
    value: Type.Number({
      minimum: 0,
      description: 'Finite; zero is allowed.',
      'x-issue': 'must be a positive number',
      examples: [14.5],
    }),
    timestamp: Type.Optional(
      Type.String({
        description:
          'RFC 3339 with offset, milliseconds kept; the time of the request when absent. Not more than 10 minutes ahead, not older than the retention.',
        examples: ['2026-03-18T10:30:00Z'],
      }),
    ),
    dimensions: Type.Optional(DimensionsSchema),
    correlationId: Type.Optional(
      Type.String({ maxLength: EVENT_LIMITS.correlationIdLength, description: 'Links related events.' }),
    ),
    id: Type.Optional(
      Type.String({
        pattern: `^(evt_)?[A-Za-z0-9_-]{1,${EVENT_LIMITS.idLength}}$`,
        description: 'Extension: id chosen by the client; a repeat within 24 hours is the same event.',
        'x-issue': `must be 1 to ${EVENT_LIMITS.idLength} letters, digits, underscores or hyphens`,
      }),
    ),
  },
  { examples: [eventExample] },
);
const eventExamples = [eventExample, { ...eventExample, value: 3 }];
export type IncomingEvent = Static<typeof IncomingEventSchema>;

export const IncomingBatchSchema = Type.Object(
  { events: Type.Array(IncomingEventSchema, { minItems: 1, maxItems: EVENT_LIMITS.batchEvents }) },
  { examples: [{ events: eventExamples }] },
);

/** The bodies of a batch of events as they are documented. */
export const BATCH_BODY = jsonOrLines(IncomingBatchSchema, eventExamples);
export type IncomingBatch = Static<typeof IncomingBatchSchema>;

export const IngestQuerySchema = Type.Object({
  wait: Type.Optional(
    Type.Literal('stored', {
      description: 'Extension: answer when the events are queryable, or after 10 seconds; see x-tidemark-stored.',
    }),
  ),
});
export type IngestQuery = Static<typeof IngestQuerySchema>;

export const IngestHeadersSchema = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      pattern: `^[\\x21-\\x7e]{1,${EVENT_LIMITS.idempotencyKeyLength}}$`,
      description: 'A repeat of the request within 24 hours gets the same answer and stores nothing.',
      'x-issue': `must be 1 to ${EVENT_LIMITS.idempotencyKeyLength} visible ASCII characters`,
    }),
  ),
});
export type IngestHeaders = Static<typeof IngestHeadersSchema>;

export const EventAcceptedSchema = Type.Object({
  id: Type.String({ examples: ['evt_8k3jF9xLm2nQ'] }),
  orgCode: Type.String(),
  capabilityCode: Type.String(),
  metricType: Type.String(),
  value: Type.Number(),
  timestamp: Type.String(),
  createdAt: Type.String(),
});
export type EventAccepted = Static<typeof EventAcceptedSchema>;

export const BatchAcceptedSchema = Type.Object({
  accepted: Type.Integer(),
  failed: Type.Integer(),
  errors: Type.Array(Type.Object({ field: Type.String(), issue: Type.String() })),
});
export type BatchAccepted = Static<typeof BatchAcceptedSchema>;
