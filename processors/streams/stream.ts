import type { TableBlock } from '../fold.ts';
import type { Rollup } from '../rollups.ts';
import type { RangeTotals } from './series-totals.ts';

/** What the pipeline asks of one item of a record: an event, a point, a log event. */
export interface StreamItem {
  /** Milliseconds since the epoch. */
  at: number;
  /** Read only where ids are those of items. */
  id?: string;
}

/** One decoded record of any stream: items of one tenant. */
export interface StreamBatch<Item extends StreamItem = StreamItem> {
  tenant: string;
  receivedAt: number;
  retentionDays: number;
  /** Whether a repeat is possible, which its ids then show. */
  clientIds: boolean;
  /** Set where a record repeats another as a whole, by this id; else each item has its own. */
  batchId?: string;
  events: readonly Item[];
}

/** One record of the log, decoded. */
export interface PositionedRecord<Batch> {
  offset: number;
  batch: Batch;
}

/** What decides whether an item becomes a row. */
export interface KeptRow {
  offset: number;
  /** Position within the record. */
  index: number;
  at: number;
  retentionDays: number;
}

export interface StreamFoldInput<Batch, Row extends KeptRow = KeptRow> {
  partition: number;
  /** Each is used up before the next is taken, so they may be decoded on the way. */
  batches: Iterable<PositionedRecord<Batch>>;
  /** False leaves an item out as if it had never come, such as the repeat of a client. Default: every item is kept. */
  isKept?: (row: Row) => boolean;
  /** False makes no row of an item that counts all the same, such as one that is stored already. Default: every kept item makes one. */
  isWanted?: (row: Row) => boolean;
  /** Of streams that carry totals. */
  totals?: RangeTotals;
}

/** One range of the log as blocks of rows. The result depends on the input alone. */
export type StreamFold<Batch> = (input: StreamFoldInput<Batch>) => TableBlock[];

/** Where ids that can be repeated are looked up. */
export interface IdTable {
  table: string;
  column: string;
  /** Of a table that several topics share: the value of its column `topic`. */
  topic?: string;
}

/** A table that a view fills row by row from raw rows, and a repair completes. */
export interface FedTable {
  table: string;
  /** Of the table; `select` gives their values in the same order, from a raw row. */
  columns: string;
  select: string;
  /** Which raw rows. */
  where: string;
  /** What tells its rows apart, within a part of the log. */
  keys: string;
  /** Rows of the table that are those of this stream. */
  own?: string;
}

/** The tables of one stream. */
export interface StreamTables {
  /** Raw rows. */
  table: string;
  /** Whether rows replace themselves by their sorting key: none is looked for, storing all of a range again makes it complete. */
  replaces: boolean;
  ids: IdTable;
  fed: readonly FedTable[];
  rollups: readonly Rollup[];
}

/** A topic and what becomes of its records. */
export interface Stream<Batch extends StreamBatch = StreamBatch> {
  topic: string;
  /** Never throws; a text says why the bytes hold none. */
  decode(bytes: Uint8Array): Batch | string;
  /** The same without items, for streams whose records repeat each other as a whole. Bytes that hold no batch may have a head. */
  decodeHead?(bytes: Uint8Array): Batch | string;
  createFold(): StreamFold<Batch>;
  /** Whether its rows need the last totals of the series before the range. */
  carriesTotals: boolean;
  tables: StreamTables;
}

/** A stream whose batches are its own business. */
// biome-ignore lint/suspicious/noExplicitAny: streams of any batch stand in one list, each consistent in itself
export type AnyStream = Stream<any>;

export type AnyFold = ReturnType<AnyStream['createFold']>;
