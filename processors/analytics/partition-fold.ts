import type { TableBlock } from '../fold.ts';
import type { SnapshotPart } from '../snapshots/snapshot-store.ts';
import type { PositionedRecord, StreamBatch } from '../streams/stream.ts';
import { isLate } from '../watermark.ts';
import { KeptTotals } from './kept-totals.ts';
import { KeyedStates } from './keyed-states.ts';
import { type AnySource, eventSource } from './sources.ts';
import type { AnyStatefulProcessor } from './stateful-processor.ts';
import { Tenants } from './tenants.ts';

/** How far apart the watermarks are that processors are told of. */
export const TICK_MS = 60_000;

/** Counts since the fold was made. */
export interface FoldStats {
  measurements: number;
  /** Not folded: later than the grace. */
  late: number;
  /** Not folded: repeats of a client. */
  duplicates: number;
}

/**
 * One partition of the log through stateful processors. Rows and snapshot are a function of the records alone, whatever they are read
 * in. Every tenant has a watermark of its own: how far one has come makes nobody else's events late.
 */
export class PartitionFold {
  readonly stats: FoldStats = { measurements: 0, late: 0, duplicates: 0 };
  readonly #partition: number;
  readonly #source: AnySource;
  readonly #tenants = new Tenants();
  readonly #totals = new KeptTotals();
  readonly #states: readonly KeyedStates[];

  constructor(partition: number, processors: readonly AnyStatefulProcessor[], source: AnySource = eventSource) {
    this.#source = source;
    this.#partition = partition;
    this.#states = processors.map((processor) => new KeyedStates(processor, partition));
  }

  /** Rows that wait to be taken. */
  get rows(): number {
    return this.#states.reduce((sum, { rows }) => sum + rows, 0);
  }

  /** Events later than the grace, since the first record of the partition. */
  get late(): number {
    return this.#tenants.late;
  }

  onBatch({ offset, batch }: PositionedRecord<StreamBatch>): void {
    const { tenant } = batch;
    const { watermark: before = Number.NEGATIVE_INFINITY } = this.#tenants.timeOf(tenant);
    const repeated = this.#tenants.takeRepeated(batch);
    this.stats.duplicates += repeated.size;
    this.#feed({ offset, batch }, { before, repeated });
    const { watermark: after = Number.NEGATIVE_INFINITY } = this.#tenants.advance(batch, repeated);
    if (Math.floor(after / TICK_MS) === Math.floor(before / TICK_MS)) return;
    for (const states of this.#states) states.onWatermark(tenant, after);
  }

  /** One block a table, of the rows since the last call. */
  takeBlocks(): TableBlock[] {
    return this.#states.map((states) => states.takeBlock()).filter((block) => block !== undefined);
  }

  /** The parts of the snapshot that changed since the last call. */
  takeChanges(): SnapshotPart[] {
    return [
      ...this.#tenants.takeChanges(),
      ...this.#totals.takeChanges(),
      ...this.#states.flatMap((states) => states.takeChanges()),
    ];
  }

  /** Takes back one part of a snapshot; false when nobody knows it, such as that of a processor that is gone or was changed. */
  restore(part: SnapshotPart): boolean {
    if (this.#tenants.restore(part) || this.#totals.restore(part)) return true;
    const states = this.#states.find(({ section }) => section === part.section);
    states?.restore(part);
    return states !== undefined;
  }

  #feed(
    { offset, batch }: PositionedRecord<StreamBatch>,
    { before, repeated }: { before: number; repeated: Set<number> },
  ): void {
    const { stats } = this;
    const partition = this.#partition;
    for (const [index, item] of batch.events.entries()) {
      if (repeated.has(index)) continue;
      // The next total of a series goes on from a late one, too.
      const measurement = this.#source.measure(batch, { partition, offset, index }, this.#totals);
      if (isLate(item.at, before)) {
        stats.late += 1;
        continue;
      }
      if (measurement === undefined) continue;
      stats.measurements += 1;
      for (const states of this.#states) states.onMeasurement(measurement, before);
    }
  }
}
