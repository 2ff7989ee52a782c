import type { FromAvro } from '../avro.ts';

/** One record of `tidemark.logs.v1`: the log events of one request, all of one tenant. Times are milliseconds since the epoch, UTC. */
export const LOG_BATCH_SCHEMA = {
  type: 'record',
  name: 'LogBatch',
  namespace: 'tidemark.logs.v1',
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
      name: 'logs',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'LogEvent',
          fields: [
            { name: 'id', type: 'string', doc: 'UUID' },
            { name: 'service', type: 'string' },
            {
              name: 'level',
              type: { type: 'enum', name: 'LogLevel', symbols: ['debug', 'info', 'warn', 'error', 'fatal'] },
            },
            { name: 'message', type: 'string' },
            { name: 'at', type: 'long', doc: 'event time' },
            { name: 'traceId', type: 'string', default: '', doc: 'empty: none' },
            { name: 'spanId', type: 'string', default: '', doc: 'empty: none' },
            {
              name: 'metadata',
              type: { type: 'map', values: 'string' },
              default: {},
              doc: 'nested values as JSON text',
            },
          ],
        },
      },
    },
  ],
} as const;

export type LogBatch = FromAvro<typeof LOG_BATCH_SCHEMA>;
export type LogEvent = LogBatch['logs'][number];
