import { Arena } from '../memory/arena.ts';
import { ByteBuffer } from '../native/byte-buffer.ts';
import type { Measurement } from '../processor.ts';
import { ByteReader } from '../snapshots/byte-reader.ts';
import type { SnapshotPart } from '../snapshots/snapshot-store.ts';
import { bucketOf, createBuckets } from './buckets.ts';
import { MadeRows } from './made-rows.ts';
import type { Outbox } from './outbox.ts';
import { namesOf, type Series, type SeriesNames, seriesName } from './series.ts';
import { SeriesIndex } from './series-index.ts';
import { type FoldContext, type SeriesProcessor, sectionOf } from './stateful-processor.ts';

/** A series, and the state that each processor has of it. */
interface KnownSeries extends Series {
  readonly bucket: number;
  /** By the processor's number; undefined: none. */
  readonly states: unknown[];
}

/** One processor, the rows it made, and which buckets of its states changed since the last snapshot. */
interface Fold {
  readonly number: number;
  readonly processor: SeriesProcessor<unknown, unknown>;
  readonly section: string;
  readonly rows: MadeRows;
  readonly changed: Set<number>;
}

const scratch = new ByteBuffer();

/** The states of all processors that have one per series: a series is found once for all of them. */
export class SeriesStates {
  readonly #partition: number;
  readonly #folds: readonly Fold[];
  readonly #index = new SeriesIndex<KnownSeries>();
  readonly #buckets = createBuckets<KnownSeries>();
  readonly #arena = new Arena();

  constructor(
    processors: readonly SeriesProcessor<unknown, unknown>[],
    { partition, outbox }: { partition: number; outbox: Outbox },
  ) {
    this.#partition = partition;
    this.#folds = processors.map((processor, number) => ({
      ...{ number, processor, section: sectionOf(processor), changed: new Set() },
      rows: new MadeRows(processor, outbox),
    }));
  }

  /** Of each processor. */
  get rows(): MadeRows[] {
    return this.#folds.map(({ rows }) => rows);
  }

  /** `isLate`: later than the grace, and so only for those that take it. */
  onMeasurement(measurement: Measurement, context: FoldContext, isLate: boolean): void {
    let series = this.#index.find(measurement);
    for (const { number, processor, rows, changed } of this.#folds) {
      if ((isLate && processor.takesLate !== true) || !processor.ownsSeries(measurement)) continue;
      series ??= this.#add(measurement, seriesName(measurement));
      series.states[number] ??= processor.init(series, this.#arena);
      changed.add(series.bucket);
      rows.add(processor.onMeasurement(series.states[number], measurement, context));
    }
  }

  /** Tells every state of the tenant what time it is, and what is set. */
  onTime(tenant: string, context: FoldContext): void {
    for (const fold of this.#folds) {
      if (fold.processor.onTime === undefined) continue;
      for (const series of this.#index.ofTenant(tenant)) this.#tellTime(fold, series, context);
    }
  }

  /** The buckets that changed since the last call. */
  takeChanges(): SnapshotPart[] {
    return this.#folds.flatMap((fold) => {
      const { section, changed } = fold;
      const parts = [...changed].map((bucket) => ({ section, bucket, body: this.#encodeBucket(fold, bucket) }));
      changed.clear();
      return parts;
    });
  }

  /** False when the part is of somebody else. */
  restore({ section, body }: SnapshotPart): boolean {
    const fold = this.#folds.find((one) => one.section === section);
    if (fold === undefined) return false;
    const input = new ByteReader(body);
    while (!input.isAtEnd) {
      const tenant = input.readString();
      const name = input.readString();
      const names = { tenant, ...namesOf(name) };
      const series = this.#index.find(names) ?? this.#add(names, name);
      series.states[fold.number] = fold.processor.restore(input, series, this.#arena);
    }
    return true;
  }

  #tellTime(fold: Fold, series: KnownSeries, context: FoldContext): void {
    const { number, processor, rows, changed } = fold;
    const state = series.states[number];
    const told = state === undefined ? undefined : processor.onTime?.(state, context);
    if (told === undefined) return;
    changed.add(series.bucket);
    rows.add(told);
    if (processor.isSpent?.(state) !== true) return;
    processor.release?.(state, this.#arena);
    series.states[number] = undefined;
    if (series.states.every((one) => one === undefined)) this.#forget(series);
  }

  #encodeBucket({ number, processor }: Fold, bucket: number): Uint8Array {
    scratch.clear();
    for (const { tenant, name, states } of this.#buckets[bucket] ?? []) {
      const state = states[number];
      if (state === undefined) continue;
      scratch.writeString(tenant);
      scratch.writeString(name);
      processor.snapshot(state, scratch);
    }
    return scratch.written.slice();
  }

  #add({ tenant, subjectKind, subject, metric }: SeriesNames & { tenant: string }, name: string): KnownSeries {
    const states = new Array<unknown>(this.#folds.length).fill(undefined);
    const [partition, bucket] = [this.#partition, bucketOf(tenant, name)];
    const series = { tenant, subjectKind, subject, metric, name, partition, bucket, states };
    this.#index.add(series);
    this.#buckets[series.bucket]?.add(series);
    return series;
  }

  #forget(series: KnownSeries): void {
    this.#index.remove(series);
    this.#buckets[series.bucket]?.delete(series);
  }
}
