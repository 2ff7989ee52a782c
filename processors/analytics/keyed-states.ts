import { ByteBuffer } from '../native/byte-buffer.ts';
import type { Measurement } from '../processor.ts';
import { ByteReader } from '../snapshots/byte-reader.ts';
import type { SnapshotPart } from '../snapshots/snapshot-store.ts';
import { bucketOf, createBuckets } from './buckets.ts';
import { MadeRows } from './made-rows.ts';
import type { Outbox } from './outbox.ts';
import { type FoldContext, type KeyedProcessor, sectionOf } from './stateful-processor.ts';

/** One state. */
interface Entry {
  readonly tenant: string;
  readonly key: string;
  readonly bucket: number;
  readonly state: unknown;
}

const scratch = new ByteBuffer();

/** The states of one processor with keys, by tenant and key, the rows they made, and which of them changed since the last snapshot. */
export class KeyedStates {
  readonly rows: MadeRows;
  /** Measurements left out because their tenant has as many states as it may. */
  refused = 0;
  readonly #processor: KeyedProcessor<unknown, unknown>;
  readonly #partition: number;
  readonly #section: string;
  readonly #tenants = new Map<string, Map<string, Entry>>();
  readonly #buckets = createBuckets<Entry>();
  readonly #changed = new Set<number>();

  constructor(
    processor: KeyedProcessor<unknown, unknown>,
    { partition, outbox }: { partition: number; outbox: Outbox },
  ) {
    this.#processor = processor;
    this.#partition = partition;
    this.#section = sectionOf(processor);
    this.rows = new MadeRows(processor, outbox);
  }

  get takesLate(): boolean {
    return this.#processor.takesLate === true;
  }

  onMeasurement(measurement: Measurement, context: FoldContext): void {
    const entry = this.#entryOf(measurement);
    if (entry === undefined) return;
    this.#changed.add(entry.bucket);
    this.rows.add(this.#processor.onMeasurement(entry.state, measurement, context));
  }

  /** Tells every state of the tenant what time it is, and what is set. */
  onTime(tenant: string, context: FoldContext): void {
    const processor = this.#processor;
    if (processor.onTime === undefined) return;
    for (const entry of this.#tenants.get(tenant)?.values() ?? []) {
      const rows = processor.onTime(entry.state, context);
      if (rows === undefined) continue;
      this.#changed.add(entry.bucket);
      this.rows.add(rows);
      if (processor.isSpent?.(entry.state) === true) this.#forget(entry);
    }
  }

  /** The buckets that changed since the last call. */
  takeChanges(): SnapshotPart[] {
    const section = this.#section;
    const parts = [...this.#changed].map((bucket) => ({ section, bucket, body: this.#encodeBucket(bucket) }));
    this.#changed.clear();
    return parts;
  }

  /** False when the part is of somebody else. */
  restore({ section, body }: SnapshotPart): boolean {
    if (section !== this.#section) return false;
    const input = new ByteReader(body);
    while (!input.isAtEnd) {
      const tenant = input.readString();
      const key = input.readString();
      this.#add({ tenant, key, state: this.#processor.restore(input, { tenant, key, partition: this.#partition }) });
    }
    return true;
  }

  #encodeBucket(bucket: number): Uint8Array {
    scratch.clear();
    for (const { tenant, key, state } of this.#buckets[bucket] ?? []) {
      scratch.writeString(tenant);
      scratch.writeString(key);
      this.#processor.snapshot(state, scratch);
    }
    return scratch.written.slice();
  }

  #entryOf(measurement: Measurement): Entry | undefined {
    const { tenant } = measurement;
    const { maxStates = Number.POSITIVE_INFINITY } = this.#processor;
    const key = this.#processor.key(measurement);
    if (key === undefined) return undefined;
    const keys = this.#tenants.get(tenant);
    const known = keys?.get(key);
    if (known !== undefined) return known;
    if ((keys?.size ?? 0) < maxStates) return this.#add({ tenant, key, state: this.#processor.init(measurement) });
    this.refused += 1;
    return undefined;
  }

  #add({ tenant, key, state }: Pick<Entry, 'tenant' | 'key' | 'state'>): Entry {
    const entry = { tenant, key, bucket: bucketOf(tenant, key), state };
    const keys = this.#tenants.get(tenant);
    if (keys === undefined) this.#tenants.set(tenant, new Map([[key, entry]]));
    else keys.set(key, entry);
    this.#buckets[entry.bucket]?.add(entry);
    return entry;
  }

  #forget(entry: Entry): void {
    const keys = this.#tenants.get(entry.tenant);
    keys?.delete(entry.key);
    if (keys?.size === 0) this.#tenants.delete(entry.tenant);
    this.#buckets[entry.bucket]?.delete(entry);
  }
}
