import { MAX_BIN } from '../math/log-bins.ts';
import type { ByteBuffer } from '../native/byte-buffer.ts';
import type { ByteReader } from '../snapshots/byte-reader.ts';
import type { Bins } from './packed-bins.ts';

/** The counts of one minute. */
export interface MinuteBins {
  minute: number;
  bins: Bins;
}

/** Points are counted when there are so many. */
const maxLoose = 512;
/** Up to this many numbers an insertion sort is faster than a call of the engine's (measured). */
const fewNumbers = 32;
/** Of the bins of one minute. */
const span = 2 * MAX_BIN + 1;

/** Shared, because most of a hundred thousand series have nothing counted. */
const none: readonly number[] = [];

const keyOf = (minute: number, bin: number): number => minute * span + bin + MAX_BIN;
const minuteOfKey = (key: number): number => Math.floor(key / span);

/** Points that no pane has yet: of open minutes, and late ones. Minutes from 0. */
export class PendingPoints {
  /** Minute and bin as one number: of each point since the last count, in any order; */
  #loose: number[] | undefined;
  /** of those counted, ascending. */
  #keys: readonly number[] = none;
  #counts: readonly number[] = none;

  get isEmpty(): boolean {
    return this.#loose === undefined && this.#keys.length === 0;
  }

  /** Infinity when there is none. */
  get firstMinute(): number {
    this.#count();
    const [first] = this.#keys;
    return first === undefined ? Number.POSITIVE_INFINITY : minuteOfKey(first);
  }

  add(minute: number, bin: number): void {
    const key = keyOf(minute, bin);
    // An array that begins with its first number has room for no more; one that it is pushed to, for 17.
    if (this.#loose === undefined) this.#loose = [key];
    else if (this.#loose.push(key) >= maxLoose) this.#count();
  }

  /** Removes the minutes before `closed`; returns them in order. */
  take(closed: number): MinuteBins[] {
    this.#count();
    const keys = this.#keys;
    const end = closed * span;
    const taken: MinuteBins[] = [];
    let i = 0;
    while (i < keys.length && (keys[i] ?? 0) < end) {
      const minute = minuteOfKey(keys[i] ?? 0);
      const bins: number[] = [];
      for (const next = (minute + 1) * span; i < keys.length && (keys[i] ?? 0) < next; i++)
        bins.push((keys[i] ?? 0) - minute * span - MAX_BIN, this.#counts[i] ?? 0);
      taken.push({ minute, bins });
    }
    this.#drop(i);
    return taken;
  }

  snapshot(out: ByteBuffer): void {
    this.#count();
    out.writeVaruint(this.#keys.length);
    let before = 0;
    for (const [index, key] of this.#keys.entries()) {
      out.writeVaruint(key - before);
      out.writeVaruint(this.#counts[index] ?? 0);
      before = key;
    }
  }

  static restore(input: ByteReader): PendingPoints {
    const points = new PendingPoints();
    const length = input.readVaruint();
    if (length === 0) return points;
    const keys = new Array<number>(length);
    const counts = new Array<number>(length);
    let key = 0;
    for (let index = 0; index < length; index++) {
      key += input.readVaruint();
      keys[index] = key;
      counts[index] = input.readVaruint();
    }
    points.#keys = keys;
    points.#counts = counts;
    return points;
  }

  #drop(count: number): void {
    if (count === 0) return;
    const isAll = count === this.#keys.length;
    this.#keys = isAll ? none : this.#keys.slice(count);
    this.#counts = isAll ? none : this.#counts.slice(count);
  }

  #count(): void {
    if (this.#loose === undefined) return;
    const counted: Counted = { keys: [], counts: [] };
    let from = 0;
    for (const key of sort(this.#loose)) {
      for (; from < this.#keys.length && (this.#keys[from] ?? 0) <= key; from++) this.#copy(from, counted);
      addTo(counted, key, 1);
    }
    for (; from < this.#keys.length; from++) this.#copy(from, counted);
    this.#keys = counted.keys;
    this.#counts = counted.counts;
    this.#loose = undefined;
  }

  #copy(index: number, into: Counted): void {
    addTo(into, this.#keys[index] ?? 0, this.#counts[index] ?? 0);
  }
}

interface Counted {
  keys: number[];
  counts: number[];
}

/** Keys come in ascending order. */
function addTo({ keys, counts }: Counted, key: number, count: number): void {
  const last = keys.length - 1;
  if (last >= 0 && keys[last] === key) counts[last] = (counts[last] ?? 0) + count;
  else {
    keys.push(key);
    counts.push(count);
  }
}

/** Ascending; may sort in place. */
function sort(numbers: number[]): Iterable<number> {
  if (numbers.length > fewNumbers) return Float64Array.from(numbers).sort();
  for (let i = 1; i < numbers.length; i++) {
    const number = numbers[i] ?? 0;
    let j = i - 1;
    for (; j >= 0 && (numbers[j] ?? 0) > number; j--) numbers[j + 1] = numbers[j] ?? 0;
    numbers[j + 1] = number;
  }
  return numbers;
}
