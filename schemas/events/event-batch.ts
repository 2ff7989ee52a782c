import type { FromAvro } from '../avro.ts';

/**
 * One record of `tidemark.events.v1`: the business events of one HTTP request, all of one tenant.
 * A record is a batch, so "all events or none" is true by construction. Times are milliseconds since the epoch, UTC.
 */
export const EVENT_BATCH_SCHEMA = {
  type: 'record',
  name: 'EventBatch',
  namespace: 'tidemark.events.v1',
  fields: [
    { name: 'tenant', type: 'string', doc: 'tenant id, org_...' },
    { name: 'receivedAt', type: 'long', doc: 'when ingest accepted the request' },
    { name: 'retentionDays', type: 'int', doc: 'retention of the tenant when the request was accepted' },
    {
      name: 'clientIds',
      type: 'boolean',
      default: false,
      doc: 'whether event ids come from the client (id or Idempotency-Key), so that a repeat is possible',
    },
    {
      name: 'events',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'BusinessEvent',
          fields: [
            { name: 'id', type: 'string', doc: 'evt_..., unique within the tenant for 24 hours' },
            { name: 'capability', type: 'string', doc: 'capability code' },
            { name: 'metric', type: 'string', doc: 'metric type, such as CycleTime' },
            { name: 'at', type: 'long', doc: 'event time' },
            { name: 'value', type: 'double' },
            { name: 'slaTarget', type: ['null', 'double'], default: null, doc: 'target in force, stamped at ingest' },
            { name: 'correlationId', type: 'string', default: '', doc: 'empty: none' },
            { name: 'dimensions', type: { type: 'map', values: 'string' }, default: {} },
            {
              name: 'unrolled',
              type: { type: 'array', items: 'string' },
              default: [],
              doc: 'names of dimensions with too many values to be kept apart in rollups',
            },
          ],
        },
      },
    },
  ],
} as const;

export type EventBatch = FromAvro<typeof EVENT_BATCH_SCHEMA>;
export type BusinessEvent = EventBatch['events'][number];
