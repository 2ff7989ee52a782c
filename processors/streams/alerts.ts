import type { Alert } from '../../schemas/telemetry/alert-batch.ts';
import { decodeAlertBatch } from '../../schemas/telemetry/alert-batch-codec.ts';
import { TOPICS } from '../../schemas/topics.ts';
import { sortedNames } from '../archive.ts';
import { DateTime64Column, Float64Column, StringColumn, UInt64Column } from '../native/columns.ts';
import { EnumColumn } from '../native/enum-column.ts';
import { LowCardinalityColumn } from '../native/low-cardinality-column.ts';
import { MapColumn } from '../native/nested-columns.ts';
import { toStreamBatch } from './decode-batch.ts';
import { batchIds, createEnvelopeColumns } from './envelope-columns.ts';
import { createRowFold, type ItemColumns, type ItemRow } from './row-fold.ts';
import type { Stream, StreamBatch } from './stream.ts';

/** An alert; its event time is when it was last told of: an episode may have begun before the retention, and be open. */
export type AlertItem = Alert & { at: number };

const { ids, fed } = batchIds('alerts');
/** Larger than any time of receipt in milliseconds. */
const resolvedVersion = 2 ** 50;

/** Alerts: a row an episode, replaced by what was told of it later. What was resolved stays so. */
export const alerts: Stream<StreamBatch<AlertItem>> = {
  topic: TOPICS.alerts,
  decode(bytes) {
    const batch = decodeAlertBatch(bytes);
    if (typeof batch === 'string') return batch;
    return toStreamBatch(
      batch,
      batch.alerts.map((alert) => ({ ...alert, at: batch.receivedAt })),
    );
  },
  createFold: () => createRowFold({ table: 'alerts', createColumns, make: () => undefined }),
  carriesTotals: false,
  tables: { table: 'alerts', replaces: true, ids, fed: [fed], rollups: [] },
};

const versionOf = ({ item, batch }: ItemRow<AlertItem>): number =>
  batch.receivedAt + (item.status === 'resolved' ? resolvedVersion : 0);

function createColumns(): ItemColumns<AlertItem, undefined> {
  const envelope = createEnvelopeColumns();
  const own = {
    tenant: new LowCardinalityColumn(),
    id: new StringColumn(),
    fingerprint: new StringColumn(),
    status: new EnumColumn(['firing', 'resolved']),
    service: new LowCardinalityColumn(),
    name: new LowCardinalityColumn(),
    starts_at: new DateTime64Column(),
    ends_at: new DateTime64Column(),
    score: new Float64Column(),
    muted_by: new StringColumn(),
    labels: new MapColumn(new LowCardinalityColumn(), new StringColumn()),
    annotations: new MapColumn(new LowCardinalityColumn(), new StringColumn()),
    generator_url: new StringColumn(),
    truncated: new UInt64Column(),
    version: new UInt64Column(),
  };
  return {
    columns: { ...own, ...envelope.columns },
    push(row) {
      const { item } = row;
      own.tenant.push(row.batch.tenant);
      own.id.push(item.id);
      own.fingerprint.push(item.fingerprint);
      own.status.push(item.status);
      own.service.push(item.service);
      own.name.push(item.name);
      own.starts_at.push(item.startsAt);
      own.ends_at.push(item.endsAt);
      own.score.push(item.score);
      own.muted_by.push(item.mutedBy);
      own.labels.push(sortedNames(item.labels), item.labels);
      own.annotations.push(sortedNames(item.annotations), item.annotations);
      own.generator_url.push(item.generatorUrl);
      own.truncated.push(item.truncated);
      own.version.push(versionOf(row));
      envelope.push(row);
    },
  };
}
