import type { FromAvro } from '../avro.ts';
import { BATCH_HEAD_FIELDS } from './batch-head.ts';

/** One record of `tidemark.logs.v1`: the log events of one request, all of one tenant. Times are milliseconds since the epoch, UTC. */
export const LOG_BATCH_SCHEMA = {
  type: 'record',
  name: 'LogBatch',
  namespace: 'tidemark.logs.v1',
  fields: [
    ...BATCH_HEAD_FIELDS,
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
