import type { ByteBuffer } from '../native/byte-buffer.ts';
import type { Measurement, RowColumns } from '../processor.ts';
import type { ByteReader } from '../snapshots/byte-reader.ts';

/** Whose state it is. */
export interface StateName {
  tenant: string;
  key: string;
  /** Of the log. */
  partition: number;
}

/**
 * A synchronous fold over the measurements of a partition, in the order of the log, whose state outlives ranges, processes and restarts. No
 * clock, no chance, no I/O: state and rows are a function of the records before them. So whoever folds a record makes the same rows, and a row
 * that is stored twice must replace itself: rows are named by a key, and a revision that grows when late data changes what was said.
 *
 * Repeats by clients are left out before, and so is what comes later than the grace. Times are milliseconds since the epoch.
 */
export interface StatefulProcessor<State, Row> {
  name: string;
  /** Of what `snapshot` writes. State that another version wrote is not read: it begins anew. */
  version: number;
  /** Table its rows go to. */
  table: string;
  /** One state is kept per tenant and key. */
  key(measurement: Measurement): string;
  /** The state of a key, before its first measurement. */
  init(first: Measurement): State;
  /**
   * May change the state in place. `watermark`: how far the tenant's events had come before the record (-Infinity: it is the first); windows
   * before it are closed. The array returned may be reused by the next call.
   */
  onMeasurement(state: State, measurement: Measurement, watermark: number): readonly Row[];
  /** After a record with which the watermark entered another minute. Undefined when the state is as it was. */
  onWatermark?(state: State, watermark: number): readonly Row[] | undefined;
  /** Whether the state says no more than a new one would: it is then forgotten. Asked after `onWatermark` changed it. */
  isSpent?(state: State): boolean;
  snapshot(state: State, out: ByteBuffer): void;
  /** What `snapshot` wrote, for the same name. */
  restore(input: ByteReader, of: StateName): State;
  createColumns(): RowColumns<Row>;
}

/** A stateful processor whose state and row are its own business. */
// biome-ignore lint/suspicious/noExplicitAny: processors of any state and row stand in one list, each consistent in itself
export type AnyStatefulProcessor = StatefulProcessor<any, any>;
