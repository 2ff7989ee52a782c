import { expiresAtSeconds } from '../archive.ts';
import {
  BoolColumn,
  DateTime64Column,
  DateTimeColumn,
  StringColumn,
  UInt16Column,
  UInt64Column,
} from '../native/columns.ts';
import type { ItemRow } from './row-fold.ts';
import type { FedTable } from './stream.ts';

/** The columns every table of telemetry has: of its record, and where it lies in the log. */
export function createEnvelopeColumns() {
  const columns = {
    batch_id: new StringColumn(),
    repeatable: new BoolColumn(),
    received_at: new DateTime64Column(),
    expires_at: new DateTimeColumn(),
    log_partition: new UInt16Column(),
    log_offset: new UInt64Column(),
    log_index: new UInt16Column(),
  };
  const push = ({ batch, at, retentionDays, partition, offset, index }: ItemRow<unknown>): void => {
    columns.batch_id.push(batch.batchId ?? '');
    columns.repeatable.push(batch.clientIds);
    columns.received_at.push(batch.receivedAt);
    columns.expires_at.push(expiresAtSeconds(at, retentionDays));
    columns.log_partition.push(partition);
    columns.log_offset.push(offset);
    columns.log_index.push(index);
  };
  return { columns, push };
}

/** Ids of batches: a row of `batch_ids` for each record that can be repeated. `name`: how the topic is called there. */
export function batchIds(name: string): { ids: { table: string; column: string; topic: string }; fed: FedTable } {
  return {
    ids: { table: 'batch_ids', column: 'batch_id', topic: name },
    fed: {
      table: 'batch_ids',
      columns: 'tenant, topic, batch_id, received_at, log_partition, log_offset',
      select: `DISTINCT tenant, '${name}', batch_id, received_at, log_partition, log_offset`,
      where: 'repeatable',
      keys: 'tenant, log_offset',
      own: `topic = '${name}'`,
    },
  };
}
