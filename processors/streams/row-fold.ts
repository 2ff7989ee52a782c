import type { TableBlock } from '../fold.ts';
import { encodeBlock } from '../native/block.ts';
import { ByteBuffer } from '../native/byte-buffer.ts';
import type { NativeColumn } from '../native/columns.ts';
import type { RangeTotals } from './series-totals.ts';
import type { KeptRow, PositionedRecord, StreamBatch, StreamFold, StreamFoldInput, StreamItem } from './stream.ts';

/** One item, where it lies, and what it is part of. */
export interface ItemRow<Item> extends KeptRow {
  item: Item;
  batch: StreamBatch;
  partition: number;
}

/** The columns of a table; `push` appends one row. */
export interface ItemColumns<Item, Made> {
  columns: Readonly<Record<string, NativeColumn>>;
  push(row: ItemRow<Item>, made: Made): void;
}

export interface RowFoldOptions<Item, Made> {
  table: string;
  createColumns(): ItemColumns<Item, Made>;
  /** What the row says beyond its item. Called for every kept item in the order of the log, whether or not it makes a row. */
  make(row: ItemRow<Item>, totals: RangeTotals | undefined): Made;
}

/** A fold that makes one row of each item. Keeps the memory of its columns from call to call. */
export function createRowFold<Item extends StreamItem, Made>(
  options: RowFoldOptions<Item, Made>,
): StreamFold<StreamBatch<Item>> {
  const rows = options.createColumns();
  const scratch = new ByteBuffer();
  return function fold(input) {
    for (const column of Object.values(rows.columns)) column.clear();
    let count = 0;
    for (const record of input.batches) count += foldRecord(options, rows, { input, record });
    return count === 0 ? [] : [toBlock(options.table, rows, { count, scratch })];
  };
}

interface Folded<Item extends StreamItem> {
  input: StreamFoldInput<StreamBatch<Item>>;
  record: PositionedRecord<StreamBatch<Item>>;
}

function foldRecord<Item extends StreamItem, Made>(
  { make }: RowFoldOptions<Item, Made>,
  rows: ItemColumns<Item, Made>,
  { input, record: { offset, batch } }: Folded<Item>,
): number {
  const { partition, isKept, isWanted, totals } = input;
  const { retentionDays } = batch;
  let count = 0;
  const { events } = batch;
  for (let index = 0; index < events.length; index++) {
    const item = events[index] as Item;
    const row = { offset, index, at: item.at, retentionDays, item, batch, partition };
    if (isKept?.(row) === false) continue;
    const made = make(row, totals);
    if (isWanted?.(row) === false) continue;
    rows.push(row, made);
    count += 1;
  }
  return count;
}

function toBlock(
  table: string,
  { columns }: Pick<ItemColumns<unknown, unknown>, 'columns'>,
  { count, scratch }: { count: number; scratch: ByteBuffer },
): TableBlock {
  return { table, columns: Object.keys(columns), rows: count, body: encodeBlock({ columns, rows: count, scratch }) };
}
