import type { FromAvro } from '../avro.ts';
import { BATCH_HEAD_FIELDS } from './batch-head.ts';

/** One record of `tidemark.deployments.v1`: the deployments of one request, all of one tenant. Times are milliseconds since the epoch, UTC. */
export const DEPLOYMENT_BATCH_SCHEMA = {
  type: 'record',
  name: 'DeploymentBatch',
  namespace: 'tidemark.deployments.v1',
  fields: [
    ...BATCH_HEAD_FIELDS,
    {
      name: 'deployments',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'Deployment',
          fields: [
            { name: 'id', type: 'string', doc: 'UUID' },
            { name: 'service', type: 'string' },
            { name: 'version', type: 'string' },
            { name: 'environment', type: 'string' },
            { name: 'gitHash', type: 'string', default: '', doc: 'empty: none' },
            { name: 'at', type: 'long', doc: 'event time' },
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

export type DeploymentBatch = FromAvro<typeof DEPLOYMENT_BATCH_SCHEMA>;
export type Deployment = DeploymentBatch['deployments'][number];
