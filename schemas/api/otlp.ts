/** Of an OTLP request, before and after decompression: 20 MiB. */
export const MAX_OTLP_BODY_BYTES = 20 * 1024 ** 2;

const consumes = ['application/x-protobuf', 'application/json'];

const documented = (signal: string) => ({
  summary: `Ingest ${signal} over OTLP/HTTP`,
  description:
    'Body and answer are messages of the OpenTelemetry protocol, both in Protobuf or both in JSON; gzip is taken.',
  tags: ['OpenTelemetry'],
  consumes,
});

/** The routes of OTLP/HTTP as both tiers document them, by the last part of their path below /v1. */
export const OTLP_ROUTES = {
  metrics: documented('metrics'),
  logs: documented('logs'),
  traces: documented('traces'),
} as const;
