import type { FromAvro } from '../avro.ts';

/** One record of `tidemark.edges.v1`: the calls between services that the spans of one request show, all of one tenant. Times are milliseconds since the epoch, UTC. */
export const EDGE_BATCH_SCHEMA = {
  type: 'record',
  name: 'EdgeBatch',
  namespace: 'tidemark.edges.v1',
  fields: [
    { name: 'tenant', type: 'string', doc: 'tenant id, org_...' },
    {
      name: 'id',
      type: 'string',
      doc: 'of the batch; a batch with the id of an earlier one of 24 hours is its repeat',
    },
    { name: 'receivedAt', type: 'long', doc: 'when ingest accepted the request' },
    { name: 'retentionDays', type: 'int', doc: 'retention of the tenant when the request was accepted' },
    {
      name: 'isRepeatable',
      type: 'boolean',
      default: false,
      doc: 'whether the id follows from the request (Idempotency-Key or body), so that a repeat is possible',
    },
    {
      name: 'edges',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'ServiceEdge',
          fields: [
            { name: 'caller', type: 'string' },
            { name: 'callee', type: 'string' },
            { name: 'at', type: 'long', doc: 'start of the minute of the calls' },
            { name: 'calls', type: 'long' },
            { name: 'errors', type: 'long' },
            { name: 'durationMs', type: 'double', doc: 'of all calls together' },
          ],
        },
      },
    },
  ],
} as const;

export type EdgeBatch = FromAvro<typeof EDGE_BATCH_SCHEMA>;
export type ServiceEdge = EdgeBatch['edges'][number];
