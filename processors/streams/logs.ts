import type { LogEvent } from '../../schemas/telemetry/log-batch.ts';
import { decodeLogBatch } from '../../schemas/telemetry/log-batch-codec.ts';
import { TOPICS } from '../../schemas/topics.ts';
import { sortedNames } from '../archive.ts';
import { DateTime64Column, StringColumn } from '../native/columns.ts';
import { EnumColumn } from '../native/enum-column.ts';
import { LowCardinalityColumn } from '../native/low-cardinality-column.ts';
import { MapColumn } from '../native/nested-columns.ts';
import { logRollups } from '../rollups.ts';
import { toStreamBatch } from './decode-batch.ts';
import { batchIds, createEnvelopeColumns } from './envelope-columns.ts';
import { createRowFold, type ItemColumns } from './row-fold.ts';
import type { Stream, StreamBatch } from './stream.ts';

const { ids, fed } = batchIds('logs');

/** Log events: rows of `logs`, and their number a minute as the metric `logs.<level>` of their service. */
export const logs: Stream<StreamBatch<LogEvent>> = {
  topic: TOPICS.logs,
  decode(bytes) {
    const batch = decodeLogBatch(bytes);
    return typeof batch === 'string' ? batch : toStreamBatch(batch, batch.logs);
  },
  createFold: () => createRowFold({ table: 'logs', createColumns, make: () => undefined }),
  carriesTotals: false,
  tables: { table: 'logs', replaces: false, ids, fed: [fed], rollups: logRollups },
};

function createColumns(): ItemColumns<LogEvent, undefined> {
  const envelope = createEnvelopeColumns();
  const own = {
    tenant: new LowCardinalityColumn(),
    service: new LowCardinalityColumn(),
    level: new EnumColumn(['debug', 'info', 'warn', 'error', 'fatal']),
    at: new DateTime64Column(),
    message: new StringColumn(),
    trace_id: new StringColumn(),
    span_id: new StringColumn(),
    metadata: new MapColumn(new LowCardinalityColumn(), new StringColumn()),
    log_id: new StringColumn(),
  };
  return {
    columns: { ...own, ...envelope.columns },
    push(row) {
      const { item } = row;
      own.tenant.push(row.batch.tenant);
      own.service.push(item.service);
      own.level.push(item.level);
      own.at.push(item.at);
      own.message.push(item.message);
      own.trace_id.push(item.traceId);
      own.span_id.push(item.spanId);
      own.metadata.push(sortedNames(item.metadata), item.metadata);
      own.log_id.push(item.id);
      envelope.push(row);
    },
  };
}
