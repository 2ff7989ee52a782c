import type { BusinessEvent, EventBatch } from '../schemas/events/event-batch.ts';
import { encodeBlock } from './native/block.ts';
import { ByteBuffer } from './native/byte-buffer.ts';
import type { AnyProcessor, Measurement, RowColumns } from './processor.ts';
import type { PositionedRecord, StreamFoldInput } from './streams/stream.ts';

/** One record of the log, decoded. */
export type PositionedBatch = PositionedRecord<EventBatch>;

export type FoldInput = StreamFoldInput<EventBatch, Measurement>;

/** Where an event lies in the log. */
export interface Position {
  partition: number;
  offset: number;
  index: number;
}

/** Rows of one table as a block of the Native format. */
export interface TableBlock {
  table: string;
  columns: string[];
  rows: number;
  body: Uint8Array<ArrayBuffer>;
}

/** Feeds one range of the log to processors. Keeps the memory of its columns from call to call. */
export type Fold = (input: FoldInput) => TableBlock[];

interface Stage {
  processor: AnyProcessor;
  rows: RowColumns<unknown>;
  count: number;
  /** Tenant, then key. */
  states: Map<string, Map<string, unknown>>;
  scratch: ByteBuffer;
}

/** A fold of these processors; tables without rows have no block. The result depends on the input alone. */
export function createFold(processors: readonly AnyProcessor[]): Fold {
  const stages = processors.map(createStage);
  return function fold(input) {
    for (const stage of stages) clear(stage);
    for (const positioned of input.batches) foldBatch(stages, input, positioned);
    return stages.filter(({ count }) => count > 0).map(toBlock);
  };
}

function foldBatch(
  stages: readonly Stage[],
  { partition, isKept, isWanted }: FoldInput,
  { offset, batch }: PositionedBatch,
): void {
  for (const [index, event] of batch.events.entries()) {
    const measurement = toMeasurement(batch, event, { partition, offset, index });
    if (isKept?.(measurement) === false || isWanted?.(measurement) === false) continue;
    for (const stage of stages) feed(stage, measurement);
  }
}

function createStage(processor: AnyProcessor): Stage {
  return { processor, rows: processor.createColumns(), count: 0, states: new Map(), scratch: new ByteBuffer() };
}

function clear(stage: Stage): void {
  for (const column of Object.values(stage.rows.columns)) column.clear();
  stage.count = 0;
  stage.states.clear();
}

function feed(stage: Stage, measurement: Measurement): void {
  const rows = stage.processor.onMeasurement(stateOf(stage, measurement), measurement);
  for (const row of rows) stage.rows.push(row);
  stage.count += rows.length;
}

function stateOf({ processor, states }: Stage, measurement: Measurement): unknown {
  let ofTenant = states.get(measurement.tenant);
  if (ofTenant === undefined) {
    ofTenant = new Map();
    states.set(measurement.tenant, ofTenant);
  }
  const key = processor.key(measurement);
  if (!ofTenant.has(key)) ofTenant.set(key, processor.init());
  return ofTenant.get(key);
}

/** An event of a batch as what every processor sees. */
export function toMeasurement(batch: EventBatch, event: BusinessEvent, position: Position): Measurement {
  return {
    tenant: batch.tenant,
    subjectKind: 'capability',
    subject: event.capability,
    metric: event.metric,
    at: event.at,
    value: event.value,
    slaTarget: event.slaTarget,
    dimensions: event.dimensions,
    unrolled: event.unrolled,
    correlationId: event.correlationId,
    eventId: event.id,
    hasClientId: batch.clientIds,
    receivedAt: batch.receivedAt,
    retentionDays: batch.retentionDays,
    partition: position.partition,
    offset: position.offset,
    index: position.index,
  };
}

function toBlock({ processor, rows, count, scratch }: Stage): TableBlock {
  const { columns } = rows;
  const body = encodeBlock({ columns, rows: count, scratch });
  return { table: processor.table, columns: Object.keys(columns), rows: count, body };
}
