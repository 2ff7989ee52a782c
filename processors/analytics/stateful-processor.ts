import type { TenantSettings } from '../../schemas/control/control-record.ts';
import type { Signal } from '../../schemas/signals/signal-batch.ts';
import type { Arena } from '../memory/arena.ts';
import type { ByteBuffer } from '../native/byte-buffer.ts';
import type { Measurement, RowColumns } from '../processor.ts';
import type { ByteReader } from '../snapshots/byte-reader.ts';
import type { Series } from './series.ts';

/** Whose state it is, of a processor with keys. */
export interface StateName {
  tenant: string;
  key: string;
  /** Of the log. */
  partition: number;
}

/** What holds for a tenant when a processor is called: a function of the records before. Times are milliseconds since the epoch. */
export interface FoldContext {
  /** How far the tenant's events have come (-Infinity: none yet); windows before it are closed. Never moves within a record. */
  watermark: number;
  /**
   * What time it is for the tenant: that of the last tick in the log if its events are live, that is come as they happen; else the watermark, so
   * that history loaded today ages as it did. Never before the watermark.
   */
  clock: number;
  settings: TenantSettings;
}

/** A measurement that follows from others, to be stored and folded like those that clients send. Its id is a function of the log. */
export interface DerivedEvent {
  tenant: string;
  /** `evt_` and a UUID. */
  id: string;
  capability: string;
  metric: string;
  at: number;
  value: number;
  slaTarget: number | null;
  dimensions: Readonly<Record<string, string>>;
  /** Of the record it follows from. */
  receivedAt: number;
  retentionDays: number;
}

/** A processor with a state per tenant and key. */
interface OfKeys<State> {
  /** Undefined: none of its business. */
  key(measurement: Measurement): string | undefined;
  /** A tenant has at most so many states in a partition, where clients choose the keys; measurements of further keys are left out and counted. */
  maxStates?: number;
  /** The state of a key, before its first measurement. */
  init(first: Measurement): State;
  /** What `snapshot` wrote, for the same name. */
  restore(input: ByteReader, of: StateName): State;
  ownsSeries?: never;
}

/** A processor with a state per series. A series is found once for all of them, and no key is made. `arena`: of all its states in a partition. */
interface OfSeries<State> {
  /** Whether a measurement is any of its business. */
  ownsSeries(measurement: Measurement): boolean;
  /** The state of a series, before its first measurement. */
  init(series: Series, arena: Arena): State;
  /** What `snapshot` wrote, of the same series. */
  restore(input: ByteReader, series: Series, arena: Arena): State;
  /** Gives back what a state that is forgotten took of the arena. */
  release?(state: State, arena: Arena): void;
  key?: never;
  maxStates?: never;
}

/**
 * A synchronous fold over the measurements of a partition, in the order of the log, whose state outlives ranges, processes and restarts. No
 * clock, no chance, no I/O: state and rows are a function of the records before them. So whoever folds a record makes the same rows, and a row
 * that is stored twice must replace itself: rows are named by a key, and a revision that grows when late data changes what was said.
 *
 * Repeats by clients are left out before, and so is what comes later than the grace where it is not asked for. Times are milliseconds since the epoch.
 */
export type StatefulProcessor<State, Row> = KeyedProcessor<State, Row> | SeriesProcessor<State, Row>;

export interface KeyedProcessor<State, Row> extends Folding<State, Row>, OfKeys<State> {}
export interface SeriesProcessor<State, Row> extends Folding<State, Row>, OfSeries<State> {}

interface Folding<State, Row> {
  name: string;
  /** Of what `snapshot` writes. State that another version wrote is not read: it begins anew. */
  version: number;
  /** Table its rows go to. */
  table: string;
  /** Its state is the same whatever the order: it takes what comes later than the grace, too. */
  takesLate?: boolean;
  /** May change the state in place. `context` and the array returned may be reused by the next call. */
  onMeasurement(state: State, measurement: Measurement, context: FoldContext): readonly Row[];
  /** After a record with which the tenant's watermark or clock entered another minute, or its settings changed. Undefined when the state is as it was. */
  onTime?(state: State, context: FoldContext): readonly Row[] | undefined;
  /** What a row says to other processors and people beside the table, through `tidemark.signals.v1`. */
  toSignal?(row: Row): { tenant: string; signal: Signal } | undefined;
  /** What follows from a row as a measurement. Business events alone. */
  toEvent?(row: Row): DerivedEvent | undefined;
  /** Whether the state says no more than a new one would: it is then forgotten. Asked after `onTime` changed it. */
  isSpent?(state: State): boolean;
  snapshot(state: State, out: ByteBuffer): void;
  createColumns(): RowColumns<Row>;
}

/** What the parts of its snapshot are called. */
export const sectionOf = ({ name, version }: { name: string; version: number }): string => `${name}@${version}`;

/** A stateful processor whose state and row are its own business. */
// biome-ignore lint/suspicious/noExplicitAny: processors of any state and row stand in one list, each consistent in itself
export type AnyStatefulProcessor = StatefulProcessor<any, any>;
