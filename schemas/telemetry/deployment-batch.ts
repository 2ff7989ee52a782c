import type { FromAvro } from '../avro.ts';

/** One record of `tidemark.deployments.v1`: the deployments of one request, all of one tenant. Times are milliseconds since the epoch, UTC. */
export const DEPLOYMENT_BATCH_SCHEMA = {
  type: 'record',
  name: 'DeploymentBatch',
  namespace: 'tidemark.deployments.v1',
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
