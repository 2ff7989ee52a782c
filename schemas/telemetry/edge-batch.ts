import type { FromAvro } from '../avro.ts';
import { BATCH_HEAD_FIELDS } from './batch-head.ts';

/** One record of `tidemark.edges.v1`: the calls between services that the spans of one request show, all of one tenant. Times are milliseconds since the epoch, UTC. */
export const EDGE_BATCH_SCHEMA = {
  type: 'record',
  name: 'EdgeBatch',
  namespace: 'tidemark.edges.v1',
  fields: [
    ...BATCH_HEAD_FIELDS,
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
