import type { ClickHouse } from '../../platform/clickhouse.ts';
import { createClickHouseSink } from '../../processors/clickhouse-sink.ts';
import { prepareRange } from '../../processors/prepare-range.ts';
import { processors } from '../../processors/registry.ts';
import type { RangeRows } from '../../processors/sink.ts';
import { createEventStream } from '../../processors/streams/events.ts';
import { NO_EVENT_TIME } from '../../processors/watermark.ts';
import type { EventBatch } from '../../schemas/events/event-batch.ts';
import { encodeEventBatch } from '../../schemas/events/event-batch-codec.ts';

const stream = createEventStream(processors);
let topics = 0;

/** A planned range of one record a batch; its token is unlike that of any other call. */
export function createRange(batches: readonly EventBatch[], { first = 0, partition = 2 } = {}): RangeRows {
  const records = batches.map((batch, index) => ({
    offset: first + index,
    appendedAt: 0,
    value: encodeEventBatch(batch),
  }));
  const range = prepareRange({
    topic: `s${topics++}`,
    partition,
    records,
    earlier: new Map(),
    eventTime: NO_EVENT_TIME,
    stream,
    fold: stream.createFold(),
  });
  if (range?.rows === undefined) throw new Error('a range without rows');
  return range.rows;
}

/** Stores the batches as the processors do, through every view. */
export async function storeBatches(clickhouse: ClickHouse, batches: readonly EventBatch[]): Promise<void> {
  await createClickHouseSink(clickhouse).insert(createRange(batches));
}
