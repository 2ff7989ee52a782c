import { type TSchema, Type } from 'typebox';
import { binarySchema } from './documented-bodies.ts';
import { TelemetryHeadersSchema } from './telemetry.ts';

/** Of an OTLP request, before and after decompression: 20 MiB. */
export const MAX_OTLP_BODY_BYTES = 20 * 1024 ** 2;

const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'api-gateway' } }] };

/** Answers of 200, one for each kind of item that can be rejected. */
const answerOf = (items: string): TSchema =>
  Type.Object({
    partialSuccess: Type.Optional(
      Type.Object(
        {
          [`rejected${items}`]: Type.Optional(Type.String({ description: 'Their number, as text.' })),
          errorMessage: Type.Optional(Type.String()),
        },
        { description: 'Absent: everything is durable in the log.' },
      ),
    ),
  });

interface Signal {
  items: string;
  example: object;
}

const documented = (signal: string, { items, example }: Signal) => ({
  summary: `Ingest ${signal} over OTLP/HTTP`,
  description:
    'Body and answer are messages of the OpenTelemetry protocol, both in Protobuf or both in JSON; gzip is taken.',
  tags: ['OpenTelemetry'],
  documented: {
    headers: TelemetryHeadersSchema,
    body: {
      content: {
        'application/json': { schema: Type.Unsafe({ type: 'object', examples: [example] }) },
        'application/x-protobuf': { schema: binarySchema },
      },
    },
    response: { 200: answerOf(items) },
  },
});

/** The routes of OTLP/HTTP as both tiers document them, by the last part of their path below /v1. */
export const OTLP_ROUTES = {
  metrics: documented('metrics', {
    items: 'DataPoints',
    example: {
      resourceMetrics: [
        {
          resource,
          scopeMetrics: [{ metrics: [{ name: 'queue.size', unit: '1', gauge: { dataPoints: [{ asInt: '12' }] } }] }],
        },
      ],
    },
  }),
  logs: documented('logs', {
    items: 'LogRecords',
    example: {
      resourceLogs: [
        { resource, scopeLogs: [{ logRecords: [{ severityNumber: 17, body: { stringValue: 'Upstream timeout' } }] }] },
      ],
    },
  }),
  traces: documented('traces', {
    items: 'Spans',
    example: { resourceSpans: [{ resource, scopeSpans: [{ spans: [] }] }] },
  }),
} as const;
