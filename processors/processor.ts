import type { NativeColumn } from './native/columns.ts';

/** One number of one subject at one time, and the position in the log it comes from. Times are milliseconds since the epoch. */
export interface Measurement {
  tenant: string;
  subjectKind: 'capability' | 'service';
  subject: string;
  metric: string;
  at: number;
  value: number;
  /** The SLA target in force when the event was accepted. */
  slaTarget: number | null;
  dimensions: Readonly<Record<string, string>>;
  /** Names of dimensions with too many values to be kept apart in rollups. */
  unrolled: readonly string[];
  /** Empty: none. */
  correlationId: string;
  eventId: string;
  /** Whether `eventId` was given by the client, so that a repeat is possible. */
  hasClientId: boolean;
  receivedAt: number;
  retentionDays: number;
  partition: number;
  offset: number;
  /** Position within the record. */
  index: number;
}

/** The columns of a table while rows are collected; `push` takes one row apart, so no object per row is needed. */
export interface RowColumns<Row> {
  /** By column name, in the order of the insert. */
  columns: Readonly<Record<string, NativeColumn>>;
  push(row: Row): void;
}

/**
 * A synchronous fold over measurements: no clock, no chance, no I/O. Its rows are a function of the measurements of one planned range of
 * the log in their order, because a replay must make the same rows: state starts anew with every range.
 */
export interface Processor<State, Row> {
  name: string;
  /** Table its rows go to. */
  table: string;
  /** One state is kept per tenant and key. */
  key(measurement: Measurement): string;
  init(): State;
  /** May change the state in place. The array returned may be reused by the next call. */
  onMeasurement(state: State, measurement: Measurement): readonly Row[];
  createColumns(): RowColumns<Row>;
}

/** A processor whose state and row are its own business. */
// biome-ignore lint/suspicious/noExplicitAny: processors of any state and row stand in one list, each consistent in itself
export type AnyProcessor = Processor<any, any>;
