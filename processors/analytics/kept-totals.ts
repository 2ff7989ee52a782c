import { ByteBuffer } from '../native/byte-buffer.ts';
import { ByteReader } from '../snapshots/byte-reader.ts';
import type { SnapshotPart } from '../snapshots/snapshot-store.ts';
import { type SeriesTotal, TOTAL_HORIZON_MS, type Totals } from '../streams/series-totals.ts';
import { MAX_CLOCK_SKEW_MS } from './seen-ids.ts';

const section = 'series-totals@1';
/** Parts of the snapshot: a total that changed writes those of its part again. */
const parts = 256;
/** The part that says how far the times of receipt have come. */
const newestPart = parts;
const hourMs = 3_600_000;
/** Nobody goes on from what is older than this. */
const keptMs = TOTAL_HORIZON_MS + MAX_CLOCK_SKEW_MS;

/** The last totals of all cumulative series of a partition that were told of within a day; part of its snapshot. */
export class KeptTotals implements Totals {
  readonly #parts = Array.from({ length: parts }, () => new Map<number, SeriesTotal>());
  readonly #changed = new Set<number>();
  #newest = Number.NEGATIVE_INFINITY;

  last(series: number, { receivedAt }: { receivedAt: number }): SeriesTotal | undefined {
    const total = this.#parts[series % parts]?.get(series);
    return total !== undefined && receivedAt - total.receivedAt <= TOTAL_HORIZON_MS ? total : undefined;
  }

  put(series: number, total: SeriesTotal): void {
    this.#parts[series % parts]?.set(series, total);
    this.#changed.add(series % parts);
    if (total.receivedAt > this.#newest) this.#advance(total.receivedAt);
  }

  /** The parts that changed since the last call. */
  takeChanges(): SnapshotPart[] {
    const changes = [...this.#changed].map((bucket) => ({ section, bucket, body: this.#encode(bucket) }));
    this.#changed.clear();
    return changes;
  }

  /** False when the part is none of its own. */
  restore(part: SnapshotPart): boolean {
    if (part.section !== section) return false;
    const input = new ByteReader(part.body);
    if (part.bucket === newestPart) this.#newest = input.readFloat64();
    else while (!input.isAtEnd) this.#restoreOne(part.bucket, input);
    return true;
  }

  /** Once an hour of the log, whenever snapshots are taken: what they hold is a function of the log, too. */
  #advance(newest: number): void {
    const isNextHour = Math.floor(newest / hourMs) > Math.floor(this.#newest / hourMs);
    this.#newest = newest;
    this.#changed.add(newestPart);
    if (isNextHour) for (const [bucket, totals] of this.#parts.entries()) this.#dropExpired(bucket, totals);
  }

  #dropExpired(bucket: number, totals: Map<number, SeriesTotal>): void {
    for (const [series, { receivedAt }] of totals) {
      if (receivedAt >= this.#newest - keptMs) continue;
      totals.delete(series);
      this.#changed.add(bucket);
    }
  }

  #encode(bucket: number): Uint8Array {
    const out = new ByteBuffer();
    if (bucket === newestPart) out.writeFloat64(this.#newest);
    else for (const [series, total] of this.#parts[bucket] ?? []) writeTotal(out, series, total);
    return out.written.slice();
  }

  #restoreOne(bucket: number, input: ByteReader): void {
    const series = input.readInt64();
    const times = { at: input.readInt64(), startAt: input.readInt64(), receivedAt: input.readInt64() };
    const value = input.readFloat64();
    const counts = Array.from({ length: input.readVaruint() }, () => input.readFloat64());
    this.#parts[bucket]?.set(series, { ...times, value, counts });
    this.#newest = Math.max(this.#newest, times.receivedAt);
  }
}

function writeTotal(out: ByteBuffer, series: number, { at, startAt, receivedAt, value, counts }: SeriesTotal): void {
  for (const whole of [series, at, startAt, receivedAt]) out.writeInt64(whole);
  out.writeFloat64(value);
  out.writeVaruint(counts.length);
  for (const count of counts) out.writeFloat64(count);
}
