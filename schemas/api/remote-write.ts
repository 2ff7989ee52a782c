import { Type } from 'typebox';
import { binarySchema } from './documented-bodies.ts';
import { TelemetryHeadersSchema } from './telemetry.ts';

/** Content types of the versions of Prometheus remote write; a sender of 1.0 may leave the parameter out. */
export const REMOTE_WRITE_TYPES = {
  '1.0': 'application/x-protobuf;proto=prometheus.WriteRequest',
  '2.0': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
} as const;

/** The route of Prometheus remote write as both tiers document it. */
export const REMOTE_WRITE_ROUTE = {
  summary: 'Take samples by Prometheus remote write',
  description: `Versions 1.0 and 2.0; the body is a snappy block. Answered with 204 when everything is written. With 400 when some samples cannot
be: those that can are written all the same, and a repeat would change nothing. With 429 and 503 nothing is written and the request is to be repeated.`,
  tags: ['Prometheus'],
  documented: {
    headers: TelemetryHeadersSchema,
    body: {
      content: Object.fromEntries(Object.values(REMOTE_WRITE_TYPES).map((type) => [type, { schema: binarySchema }])),
    },
    response: { 204: Type.Null({ description: 'Everything is written.' }) },
  },
};
