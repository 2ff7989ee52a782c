import type { ControlRecord } from '../../schemas/control/control-record.ts';
import type { TableBlock } from '../fold.ts';
import type { Measurement } from '../processor.ts';
import type { SnapshotPart } from '../snapshots/snapshot-store.ts';
import { isControl } from '../streams/control.ts';
import type { PositionedRecord, StreamBatch } from '../streams/stream.ts';
import { isLate } from '../watermark.ts';
import { KeptTotals } from './kept-totals.ts';
import { KeyedStates } from './keyed-states.ts';
import type { MadeRows } from './made-rows.ts';
import { Outbox, type OutgoingRecords } from './outbox.ts';
import { SeriesStates } from './series-states.ts';
import { type AnySource, eventSource } from './sources.ts';
import type { AnyStatefulProcessor, FoldContext } from './stateful-processor.ts';
import { Tenants } from './tenants.ts';

/** How far apart the watermarks and clocks are that processors are told of. */
export const TICK_MS = 60_000;

/** Counts since the fold was made. */
export interface FoldStats {
  measurements: number;
  /** Later than the grace: folded by none but the processors that take what is late. */
  late: number;
  /** Not folded: repeats of a client. */
  duplicates: number;
  /** Left out by a processor of whose states their tenant has as many as it may. */
  refused: number;
}

/**
 * One partition of the log through stateful processors. Rows and snapshot are a function of the records alone, whatever they are read
 * in. Every tenant has a watermark of its own: how far one has come makes nobody else's events late.
 */
export class PartitionFold {
  readonly #counts = { measurements: 0, late: 0, duplicates: 0 };
  readonly #partition: number;
  readonly #source: AnySource;
  readonly #tenants = new Tenants();
  readonly #totals = new KeptTotals();
  readonly #outbox = new Outbox();
  readonly #series: SeriesStates;
  readonly #keyed: readonly KeyedStates[];
  /** Of each processor. */
  readonly #rows: readonly MadeRows[];

  constructor(partition: number, processors: readonly AnyStatefulProcessor[], source: AnySource = eventSource) {
    this.#source = source;
    this.#partition = partition;
    const place = { partition, outbox: this.#outbox };
    const ofSeries = processors.filter((processor) => processor.key === undefined);
    const ofKeys = processors.filter((processor) => processor.key !== undefined);
    this.#series = new SeriesStates(ofSeries, place);
    this.#keyed = ofKeys.map((processor) => new KeyedStates(processor, place));
    this.#rows = [...this.#series.rows, ...this.#keyed.map(({ rows }) => rows)];
  }

  get stats(): FoldStats {
    return { ...this.#counts, refused: this.#keyed.reduce((sum, { refused }) => sum + refused, 0) };
  }

  /** Rows that wait to be taken. */
  get rows(): number {
    return this.#rows.reduce((sum, { count }) => sum + count, 0);
  }

  /** Events later than the grace, since the first record of the partition. */
  get late(): number {
    return this.#tenants.late;
  }

  onBatch({ offset, batch }: PositionedRecord<StreamBatch>): void {
    if (isControl(batch)) {
      this.#onControl(batch.control);
      return;
    }
    const { tenant } = batch;
    const before = this.#tenants.contextOf(tenant);
    const repeated = this.#tenants.takeRepeated(batch);
    this.#counts.duplicates += repeated.size;
    this.#feed({ offset, batch }, { before, repeated });
    this.#tenants.advance(batch, repeated);
    this.#tellTime(tenant, before);
  }

  /** Whether there is a tenant for whom time could pass. */
  get hasTenants(): boolean {
    return !this.#tenants.isEmpty;
  }

  /** One block a table, of the rows since the last call. */
  takeBlocks(): TableBlock[] {
    return this.#rows.map((rows) => rows.takeBlock()).filter((block) => block !== undefined);
  }

  /** What the rows since the last call have to say beside their tables. */
  takeRecords(): OutgoingRecords[] {
    return this.#outbox.take();
  }

  /** The parts of the snapshot that changed since the last call. */
  takeChanges(): SnapshotPart[] {
    return [
      ...this.#tenants.takeChanges(),
      ...this.#totals.takeChanges(),
      ...this.#series.takeChanges(),
      ...this.#keyed.flatMap((states) => states.takeChanges()),
    ];
  }

  /** Takes back one part of a snapshot; false when nobody knows it, such as that of a processor that is gone or was changed. */
  restore(part: SnapshotPart): boolean {
    const holders = [this.#tenants, this.#totals, this.#series, ...this.#keyed];
    return holders.some((holder) => holder.restore(part));
  }

  #feed(
    { offset, batch }: PositionedRecord<StreamBatch>,
    { before, repeated }: { before: FoldContext; repeated: Set<number> },
  ): void {
    const counts = this.#counts;
    const partition = this.#partition;
    const { events } = batch;
    for (let index = 0; index < events.length; index++) {
      const item = events[index];
      if (item === undefined || (repeated.size > 0 && repeated.has(index))) continue;
      // The next total of a series goes on from a late one, too.
      const measurement = this.#source.measure(batch, { partition, offset, index }, this.#totals);
      const isTooLate = isLate(item.at, before.watermark);
      if (isTooLate) counts.late += 1;
      if (measurement !== undefined) this.#fold(measurement, before, isTooLate);
    }
  }

  #fold(measurement: Measurement, before: FoldContext, isTooLate: boolean): void {
    if (!isTooLate) this.#counts.measurements += 1;
    this.#series.onMeasurement(measurement, before, isTooLate);
    for (const states of this.#keyed) if (!isTooLate || states.takesLate) states.onMeasurement(measurement, before);
  }

  #onControl({ at, tenant, settings }: ControlRecord): void {
    for (const one of tenant === '' ? this.#tenants.names() : [tenant]) {
      const before = this.#tenants.contextOf(one);
      if (settings !== null) this.#tenants.set(one, settings);
      this.#tenants.tick(one, at);
      this.#tellTime(one, before);
    }
  }

  #tellTime(tenant: string, before: FoldContext): void {
    const after = this.#tenants.contextOf(tenant);
    const isSameMinute =
      minuteOf(after.watermark) === minuteOf(before.watermark) && minuteOf(after.clock) === minuteOf(before.clock);
    if (isSameMinute && after.settings === before.settings) return;
    this.#series.onTime(tenant, after);
    for (const states of this.#keyed) states.onTime(tenant, after);
  }
}

const minuteOf = (at: number): number => Math.floor(at / TICK_MS);
