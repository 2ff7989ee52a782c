import { LogUnavailableError } from '../platform/log-store/log-store.ts';
import type { EarlierIds, IdLookup, Positions } from './duplicates.ts';
import type { TableBlock } from './fold.ts';
import type { RangeSpan } from './span.ts';
import type { EarlierTotals, TotalLookup } from './streams/series-totals.ts';
import type { StreamTables } from './streams/stream.ts';

/** The rows of one planned range of one partition. */
export interface RangeRows extends RangeSpan {
  /** Of the stream. */
  tables: StreamTables;
  partition: number;
  /** Offsets of the first and the last record, both inclusive. */
  first: number;
  last: number;
  rows: number;
  /** When the ingest tier received each record that holds events, milliseconds since the epoch. */
  receivedAt: readonly number[];
  /** The same in every attempt. */
  token: string;
  blocks: readonly TableBlock[];
  /** The rows that are neither stored nor past their retention at that time (seconds since the epoch). */
  missing(stored: Positions, nowSeconds: number): TableBlock[];
}

/** Where rows go. Every method throws when the store is away or refuses; what a failed insert did is then unknown. */
export interface RowSink {
  /** One attempt to store a range nothing has been tried for. */
  insert(range: RangeRows): Promise<void>;
  /** Makes a range stored exactly once, in raw rows and rollups, whatever earlier attempts did. May be repeated.
   * Awaits `confirm` before it writes: that throws when the partition has moved. */
  reconcile(range: RangeRows, confirm: () => Promise<void>): Promise<void>;
  /** Ids the partition stored from records before `first`. */
  findEarlierIds(partition: number, first: number, lookups: readonly IdLookup[]): Promise<EarlierIds>;
  /** The last totals the partition stored from records before `first`. */
  findEarlierTotals(partition: number, first: number, lookups: readonly TotalLookup[]): Promise<EarlierTotals>;
}

/** The sink cannot store now; the same call may succeed later. */
export class SinkUnavailableError extends Error {
  override name = 'SinkUnavailableError';
}

/** Whether what failed may succeed later: the sink or the log is away. */
export function isPassing(error: unknown): boolean {
  return error instanceof SinkUnavailableError || error instanceof LogUnavailableError;
}
