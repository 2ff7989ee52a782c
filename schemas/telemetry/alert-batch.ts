import type { FromAvro } from '../avro.ts';
import { BATCH_HEAD_FIELDS } from './batch-head.ts';

/** One record of `tidemark.alerts.v1`: the alerts of one notification, all of one tenant. Times are milliseconds since the epoch, UTC. */
export const ALERT_BATCH_SCHEMA = {
  type: 'record',
  name: 'AlertBatch',
  namespace: 'tidemark.alerts.v1',
  fields: [
    ...BATCH_HEAD_FIELDS,
    {
      name: 'alerts',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'Alert',
          fields: [
            { name: 'id', type: 'string', doc: 'anom-..., the same in every notification of the episode' },
            { name: 'fingerprint', type: 'string', doc: 'of the label set' },
            { name: 'status', type: { type: 'enum', name: 'AlertStatus', symbols: ['firing', 'resolved'] } },
            { name: 'service', type: 'string', default: '', doc: 'empty: no label names one' },
            { name: 'name', type: 'string', doc: 'label alertname, empty: none' },
            { name: 'startsAt', type: 'long' },
            { name: 'endsAt', type: 'long', default: 0, doc: '0: open' },
            { name: 'score', type: 'double', doc: 'from the severity, between 0 and 1' },
            {
              name: 'mutedBy',
              type: 'string',
              default: '',
              doc: 'id of the maintenance window that mutes it, empty: none',
            },
            { name: 'labels', type: { type: 'map', values: 'string' }, default: {} },
            { name: 'annotations', type: { type: 'map', values: 'string' }, default: {} },
            { name: 'generatorUrl', type: 'string', default: '' },
            {
              name: 'truncated',
              type: 'long',
              default: 0,
              doc: 'alerts of the same notification that the sender left out',
            },
          ],
        },
      },
    },
  ],
} as const;

export type AlertBatch = FromAvro<typeof ALERT_BATCH_SCHEMA>;
export type Alert = AlertBatch['alerts'][number];
