import type { PositionedBatch } from './fold.ts';

/** One record of the log: its events, or why its bytes hold none. */
export interface DecodedRecord<Record> {
  record: Record;
  offset: number;
  batch: PositionedBatch['batch'] | string;
}

/** Cuts records into ranges of at most `maxRows` events, in order; one larger record is a range of its own. */
export function cutRanges<R>(records: readonly DecodedRecord<R>[], maxRows: number): DecodedRecord<R>[][] {
  const ranges: DecodedRecord<R>[][] = [];
  let current: DecodedRecord<R>[] = [];
  let rows = 0;
  for (const record of records) {
    const count = eventCount(record.batch);
    if (current.length > 0 && rows + count > maxRows) {
      ranges.push(current);
      current = [];
      rows = 0;
    }
    current.push(record);
    rows += count;
  }
  if (current.length > 0) ranges.push(current);
  return ranges;
}

/** Where the events of a range lie: what it takes to find them again. Times in milliseconds, `to` exclusive. */
export interface RangeSpan {
  tenants: string[];
  from: number;
  to: number;
}

/** Undefined when there is no event. */
export function spanOf(batches: readonly PositionedBatch[]): RangeSpan | undefined {
  const tenants = new Set<string>();
  let from = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const { batch } of batches) {
    if (batch.events.length > 0) tenants.add(batch.tenant);
    for (const { at } of batch.events) {
      if (at < from) from = at;
      if (at > last) last = at;
    }
  }
  return tenants.size === 0 ? undefined : { tenants: [...tenants], from, to: last + 1 };
}

function eventCount(batch: PositionedBatch['batch'] | string): number {
  return typeof batch === 'string' ? 0 : batch.events.length;
}
