import type { FromAvro } from '../avro.ts';

/** One record of `tidemark.signals.v1`: what the stateful processors concluded, all about one tenant. Times are milliseconds since the epoch, UTC. */
export const SIGNAL_BATCH_SCHEMA = {
  type: 'record',
  name: 'SignalBatch',
  namespace: 'tidemark.signals.v1',
  fields: [
    { name: 'tenant', type: 'string', doc: 'tenant id, org_...' },
    {
      name: 'signals',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'Signal',
          fields: [
            {
              name: 'id',
              type: 'string',
              doc: 'of what it tells; with status and revision the same whenever it is told again',
            },
            {
              name: 'kind',
              type: {
                type: 'enum',
                name: 'SignalKind',
                symbols: [
                  'anomaly',
                  'missing_data',
                  'slo_breach',
                  'slo_burn',
                  'case_at_risk',
                  'case_breached',
                  'case_stuck',
                ],
              },
            },
            { name: 'status', type: { type: 'enum', name: 'SignalStatus', symbols: ['open', 'resolved'] } },
            { name: 'revision', type: 'int', doc: 'of what is told; the largest counts' },
            { name: 'subjectKind', type: { type: 'enum', name: 'SubjectKind', symbols: ['capability', 'service'] } },
            { name: 'subject', type: 'string' },
            { name: 'metric', type: 'string' },
            { name: 'startedAt', type: 'long', doc: 'event time' },
            { name: 'at', type: 'long', doc: 'event time of what is told now' },
            { name: 'score', type: 'double', doc: '0 to 1, larger is worse' },
            { name: 'mutedBy', type: 'string', default: '', doc: 'maintenance that mutes it; empty: none' },
            { name: 'details', type: { type: 'map', values: 'string' }, default: {}, doc: 'of its kind' },
          ],
        },
      },
    },
  ],
} as const;

export type SignalBatch = FromAvro<typeof SIGNAL_BATCH_SCHEMA>;
export type Signal = SignalBatch['signals'][number];
