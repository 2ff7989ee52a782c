import {
  BoolColumn,
  DateTime64Column,
  DateTimeColumn,
  Float64Column,
  NullableFloat64Column,
  StringColumn,
  UInt16Column,
  UInt64Column,
} from './native/columns.ts';
import { LowCardinalityColumn } from './native/low-cardinality-column.ts';
import { ArrayColumn, MapColumn } from './native/nested-columns.ts';
import type { Measurement, Processor, RowColumns } from './processor.ts';

const daySeconds = 86_400;
/** The last second a ClickHouse DateTime can hold (2106-02-07). */
const maxDateTimeSeconds = 2 ** 32 - 1;

const row: Measurement[] = [];

/** Every measurement as a row of `events`; the rollups follow from it through materialized views. Needs no state. */
export const archive: Processor<undefined, Measurement> = {
  name: 'archive',
  table: 'events',
  key: () => '',
  init: () => undefined,
  onMeasurement(_state, measurement) {
    row[0] = measurement;
    return row;
  },
  createColumns: createEventColumns,
};

/** End of the day, UTC, on which the retention ends; seconds since the epoch, within what a DateTime holds. */
export function expiresAtSeconds(at: number, retentionDays: number): number {
  const days = Math.ceil(at / 1000 / daySeconds) + retentionDays;
  return Math.min(Math.max(days * daySeconds, 0), maxDateTimeSeconds);
}

/** Names in one order, so that equal sets of dimensions are equal maps. */
export function sortedNames(dimensions: Readonly<Record<string, string>>): string[] {
  const names = Object.keys(dimensions);
  return isSorted(names) ? names : names.sort();
}

function isSorted(names: readonly string[]): boolean {
  for (let i = 1; i < names.length; i++) if ((names[i - 1] ?? '') > (names[i] ?? '')) return false;
  return true;
}

function createEventColumns(): RowColumns<Measurement> {
  const columns = {
    tenant: new LowCardinalityColumn(),
    capability: new LowCardinalityColumn(),
    metric: new LowCardinalityColumn(),
    at: new DateTime64Column(),
    value: new Float64Column(),
    dimensions: new MapColumn(new LowCardinalityColumn(), new StringColumn()),
    unrolled: new ArrayColumn(new LowCardinalityColumn()),
    correlation_id: new StringColumn(),
    sla_target: new NullableFloat64Column(),
    event_id: new StringColumn(),
    client_id: new BoolColumn(),
    received_at: new DateTime64Column(),
    expires_at: new DateTimeColumn(),
    log_partition: new UInt16Column(),
    log_offset: new UInt64Column(),
    log_index: new UInt16Column(),
  };
  const push = (measurement: Measurement): void => {
    columns.tenant.push(measurement.tenant);
    columns.capability.push(measurement.subject);
    columns.metric.push(measurement.metric);
    columns.at.push(measurement.at);
    columns.value.push(measurement.value);
    columns.dimensions.push(sortedNames(measurement.dimensions), measurement.dimensions);
    columns.unrolled.push(measurement.unrolled);
    columns.correlation_id.push(measurement.correlationId);
    columns.sla_target.push(measurement.slaTarget);
    columns.event_id.push(measurement.eventId);
    columns.client_id.push(measurement.hasClientId);
    columns.received_at.push(measurement.receivedAt);
    columns.expires_at.push(expiresAtSeconds(measurement.at, measurement.retentionDays));
    columns.log_partition.push(measurement.partition);
    columns.log_offset.push(measurement.offset);
    columns.log_index.push(measurement.index);
  };
  return { columns, push };
}
