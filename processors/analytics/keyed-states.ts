import type { TableBlock } from '../fold.ts';
import { Arena } from '../memory/arena.ts';
import { encodeBlock } from '../native/block.ts';
import { ByteBuffer } from '../native/byte-buffer.ts';
import type { Measurement, RowColumns } from '../processor.ts';
import { ByteReader } from '../snapshots/byte-reader.ts';
import type { SnapshotPart } from '../snapshots/snapshot-store.ts';
import { hash32 } from './hash.ts';
import type { Outbox } from './outbox.ts';
import type { SeriesIndex } from './series-index.ts';
import type { AnyStatefulProcessor, FoldContext, KeyedProcessor, SeriesProcessor } from './stateful-processor.ts';

/** Parts of a snapshot a processor and partition: a change of one key writes the keys of its bucket again. */
export const BUCKETS = 256;

/** One state. */
export interface Entry {
  readonly tenant: string;
  readonly key: string;
  readonly bucket: number;
  readonly state: unknown;
  isForgotten: boolean;
}

/** Where the states of a processor are, among those of others. */
export interface StatesPlace {
  partition: number;
  /** Of the processor, among those of the partition. */
  number: number;
  outbox: Outbox;
}

/** The states of one processor by tenant and key, the rows they made, and which of them changed since the last snapshot. */
export class KeyedStates {
  readonly section: string;
  rows = 0;
  /** Measurements left out because their tenant has as many states as it may. */
  refused = 0;
  readonly #processor: AnyStatefulProcessor;
  readonly #partition: number;
  readonly #number: number;
  readonly #outbox: Outbox;
  readonly #columns: RowColumns<unknown>;
  readonly #tenants = new Map<string, Map<string, Entry>>();
  readonly #buckets = Array.from({ length: BUCKETS }, () => new Set<Entry>());
  readonly #changed = new Set<number>();
  readonly #scratch = new ByteBuffer();
  readonly #arena = new Arena();

  constructor(processor: AnyStatefulProcessor, { partition, number, outbox }: StatesPlace) {
    this.#processor = processor;
    this.#partition = partition;
    this.#number = number;
    this.#outbox = outbox;
    this.#columns = processor.createColumns();
    this.section = `${processor.name}@${processor.version}`;
  }

  onMeasurement(measurement: Measurement, context: FoldContext, index: SeriesIndex<Entry>): void {
    const processor = this.#processor;
    const entry =
      processor.key === undefined
        ? this.#entryBySeries(measurement, { processor, index })
        : this.#entryByKey(measurement, processor);
    if (entry === undefined) return;
    this.#changed.add(entry.bucket);
    this.#take(processor.onMeasurement(entry.state, measurement, context));
  }

  /** Tells every state of the tenant what time it is, and what is set. */
  onTime(tenant: string, context: FoldContext): void {
    const processor = this.#processor;
    if (processor.onTime === undefined) return;
    for (const entry of this.#tenants.get(tenant)?.values() ?? []) {
      const rows = processor.onTime(entry.state, context);
      if (rows === undefined) continue;
      this.#changed.add(entry.bucket);
      this.#take(rows);
      if (processor.isSpent?.(entry.state) === true) this.#forget(entry);
    }
  }

  /** The rows since the last call; undefined when there are none. */
  takeBlock(): TableBlock | undefined {
    const { rows } = this;
    if (rows === 0) return undefined;
    const { columns } = this.#columns;
    const body = encodeBlock({ columns, rows, scratch: this.#scratch });
    for (const column of Object.values(columns)) column.clear();
    this.rows = 0;
    return { table: this.#processor.table, columns: Object.keys(columns), rows, body };
  }

  /** The buckets that changed since the last call. */
  takeChanges(): SnapshotPart[] {
    const { section } = this;
    const parts = [...this.#changed].map((bucket) => ({ section, bucket, body: this.#encodeBucket(bucket) }));
    this.#changed.clear();
    return parts;
  }

  restore({ body }: SnapshotPart, index: SeriesIndex<Entry>): void {
    const processor = this.#processor;
    const input = new ByteReader(body);
    while (!input.isAtEnd) {
      const tenant = input.readString();
      const key = input.readString();
      if (processor.key === undefined) {
        const series = index.named(tenant, key);
        const state = processor.restore(input, series, this.#arena);
        series.entries[this.#number] = this.#add({ tenant: series.tenant, key: series.name, state });
      } else this.#add({ tenant, key, state: processor.restore(input, { tenant, key, partition: this.#partition }) });
    }
  }

  #encodeBucket(bucket: number): Uint8Array {
    const out = this.#scratch;
    out.clear();
    for (const { tenant, key, state } of this.#buckets[bucket] ?? []) {
      out.writeString(tenant);
      out.writeString(key);
      this.#processor.snapshot(state, out);
    }
    return out.written.slice();
  }

  #entryByKey(measurement: Measurement, processor: KeyedProcessor<unknown, unknown>): Entry | undefined {
    const { tenant } = measurement;
    const { maxStates = Number.POSITIVE_INFINITY } = processor;
    const key = processor.key(measurement);
    if (key === undefined) return undefined;
    const keys = this.#tenants.get(tenant);
    const known = keys?.get(key);
    if (known !== undefined) return known;
    if (keys === undefined || keys.size < maxStates)
      return this.#add({ tenant, key, state: processor.init(measurement) });
    this.refused += 1;
    return undefined;
  }

  #entryBySeries(
    measurement: Measurement,
    { processor, index }: { processor: SeriesProcessor<unknown, unknown>; index: SeriesIndex<Entry> },
  ): Entry | undefined {
    if (!processor.ownsSeries(measurement)) return undefined;
    const series = index.of(measurement);
    const { tenant, name, entries } = series;
    const known = entries[this.#number];
    if (known !== undefined && !known.isForgotten) return known;
    const entry =
      this.#tenants.get(tenant)?.get(name) ??
      this.#add({ tenant, key: name, state: processor.init(series, this.#arena) });
    entries[this.#number] = entry;
    return entry;
  }

  #add({ tenant, key, state }: Pick<Entry, 'tenant' | 'key' | 'state'>): Entry {
    const entry = { tenant, key, bucket: hash32(`${tenant}\0${key}`) % BUCKETS, state, isForgotten: false };
    let keys = this.#tenants.get(tenant);
    if (keys === undefined) {
      keys = new Map();
      this.#tenants.set(tenant, keys);
    }
    keys.set(key, entry);
    this.#buckets[entry.bucket]?.add(entry);
    return entry;
  }

  #forget(entry: Entry): void {
    entry.isForgotten = true;
    if (this.#processor.key === undefined) this.#processor.release?.(entry.state, this.#arena);
    const keys = this.#tenants.get(entry.tenant);
    keys?.delete(entry.key);
    if (keys?.size === 0) this.#tenants.delete(entry.tenant);
    this.#buckets[entry.bucket]?.delete(entry);
  }

  #take(rows: readonly unknown[]): void {
    for (const row of rows) this.#takeRow(row);
    this.rows += rows.length;
  }

  #takeRow(row: unknown): void {
    const processor = this.#processor;
    this.#columns.push(row);
    const signal = processor.toSignal?.(row);
    if (signal !== undefined) this.#outbox.addSignal(signal);
    const event = processor.toEvent?.(row);
    if (event !== undefined) this.#outbox.addEvent(event);
  }
}
