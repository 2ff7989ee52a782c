import type { ServiceEdge } from '../../schemas/telemetry/edge-batch.ts';
import { decodeEdgeBatch } from '../../schemas/telemetry/edge-batch-codec.ts';
import { TOPICS } from '../../schemas/topics.ts';
import { DateTime64Column, Float64Column, UInt64Column } from '../native/columns.ts';
import { LowCardinalityColumn } from '../native/low-cardinality-column.ts';
import { toStreamBatch } from './decode-batch.ts';
import { batchIds, createEnvelopeColumns } from './envelope-columns.ts';
import { createRowFold, type ItemColumns } from './row-fold.ts';
import type { Stream, StreamBatch } from './stream.ts';

const { ids, fed } = batchIds('edges');

/** Calls between services: one row an edge, minute and batch. */
export const edges: Stream<StreamBatch<ServiceEdge>> = {
  topic: TOPICS.edges,
  decode(bytes) {
    const batch = decodeEdgeBatch(bytes);
    return typeof batch === 'string' ? batch : toStreamBatch(batch, batch.edges);
  },
  createFold: () => createRowFold({ table: 'service_edges', createColumns, make: () => undefined }),
  carriesTotals: false,
  tables: { table: 'service_edges', replaces: true, ids, fed: [fed], rollups: [] },
};

function createColumns(): ItemColumns<ServiceEdge, undefined> {
  const envelope = createEnvelopeColumns();
  const own = {
    tenant: new LowCardinalityColumn(),
    caller: new LowCardinalityColumn(),
    callee: new LowCardinalityColumn(),
    at: new DateTime64Column(),
    calls: new UInt64Column(),
    errors: new UInt64Column(),
    duration_ms: new Float64Column(),
  };
  return {
    columns: { ...own, ...envelope.columns },
    push(row) {
      const { item } = row;
      own.tenant.push(row.batch.tenant);
      own.caller.push(item.caller);
      own.callee.push(item.callee);
      own.at.push(item.at);
      own.calls.push(item.calls);
      own.errors.push(item.errors);
      own.duration_ms.push(item.durationMs);
      envelope.push(row);
    },
  };
}
