import type { Deployment } from '../../schemas/telemetry/deployment-batch.ts';
import { decodeDeploymentBatch } from '../../schemas/telemetry/deployment-batch-codec.ts';
import { TOPICS } from '../../schemas/topics.ts';
import { sortedNames } from '../archive.ts';
import { DateTime64Column, StringColumn } from '../native/columns.ts';
import { LowCardinalityColumn } from '../native/low-cardinality-column.ts';
import { MapColumn } from '../native/nested-columns.ts';
import { toStreamBatch } from './decode-batch.ts';
import { batchIds, createEnvelopeColumns } from './envelope-columns.ts';
import { createRowFold, type ItemColumns } from './row-fold.ts';
import type { Stream, StreamBatch } from './stream.ts';

const { ids, fed } = batchIds('deployments');

/** Deployments of services: one row each, replaced by whatever has its id. */
export const deployments: Stream<StreamBatch<Deployment>> = {
  topic: TOPICS.deployments,
  decode(bytes) {
    const batch = decodeDeploymentBatch(bytes);
    return typeof batch === 'string' ? batch : toStreamBatch(batch, batch.deployments);
  },
  createFold: () => createRowFold({ table: 'deployments', createColumns, make: () => undefined }),
  carriesTotals: false,
  tables: { table: 'deployments', replaces: true, ids, fed: [fed], rollups: [] },
};

function createColumns(): ItemColumns<Deployment, undefined> {
  const envelope = createEnvelopeColumns();
  const own = {
    tenant: new LowCardinalityColumn(),
    service: new LowCardinalityColumn(),
    version: new StringColumn(),
    environment: new LowCardinalityColumn(),
    git_hash: new StringColumn(),
    at: new DateTime64Column(),
    metadata: new MapColumn(new LowCardinalityColumn(), new StringColumn()),
    id: new StringColumn(),
  };
  return {
    columns: { ...own, ...envelope.columns },
    push(row) {
      const { item } = row;
      own.tenant.push(row.batch.tenant);
      own.service.push(item.service);
      own.version.push(item.version);
      own.environment.push(item.environment);
      own.git_hash.push(item.gitHash);
      own.at.push(item.at);
      own.metadata.push(sortedNames(item.metadata), item.metadata);
      own.id.push(item.id);
      envelope.push(row);
    },
  };
}
