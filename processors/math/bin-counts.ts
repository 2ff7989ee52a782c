import { Arena, NO_ADDRESS, offsetOf, roomFor } from '../memory/arena.ts';
import { middleOf } from './log-bins.ts';

/** Room on either side of the bins in use, so that neighbours need no growth. */
const slack = 8;
/** Bins: about four decades. */
const maxKept = 512;
const maxByte = 0xff;
const maxShort = 0xffff;

type Cells = Uint8Array | Uint16Array | Uint32Array;

const noCells = new Uint8Array(0);

/**
 * A sketch as one count a bin, dense between the least and the greatest bin seen. Counts can be taken out again. One byte a bin, two and then four
 * once a count needs them: most of a hundred thousand series have few points.
 */
export class BinCounts {
  total = 0;
  readonly #arena: Arena;
  #address = NO_ADDRESS;
  /** The chunk its counts are in, as numbers of `#width` bytes; from `#at` on, the first for the bin `#first`. */
  #cells: Cells = noCells;
  #at = 0;
  #first = 0;
  #length = 0;
  #width = 1;
  /** What fits into a cell. */
  #most = maxByte;

  constructor(arena: Arena = new Arena()) {
    this.#arena = arena;
  }

  /** `count` may be negative, for what was added before. */
  add(bin: number, count: number): void {
    let index = bin - this.#first;
    if (index < 0 || index >= this.#length) {
      this.#cover(bin);
      index = bin - this.#first;
    }
    const sum = (this.#cells[this.#at + index] ?? 0) + count;
    if (sum > this.#most) this.#widen(sum);
    this.#cells[this.#at + index] = sum;
    this.total += count;
  }

  /** Takes everything out, and keeps the room unless it is large. */
  clear(): void {
    this.total = 0;
    if (this.#length > maxKept) {
      this.release();
      this.#length = 0;
    } else this.#cells.fill(0, this.#at, this.#at + this.#length);
  }

  /** A copy in as little room as it needs. */
  compactIn(arena: Arena): BinCounts {
    let from = this.#at;
    let to = this.#at + this.#length;
    while (from < to && this.#cells[from] === 0) from += 1;
    while (to > from && this.#cells[to - 1] === 0) to -= 1;
    let most = 0;
    for (let index = from; index < to; index++) most = Math.max(most, this.#cells[index] ?? 0);
    const copy = new BinCounts(arena);
    copy.total = this.total;
    copy.#setWidth(most);
    copy.#move(this.#first + from - this.#at - slack, to - from + 2 * slack);
    copy.#cells.set(this.#cells.subarray(from, to), copy.#at + slack);
    return copy;
  }

  /** Gives its memory back; nothing may be asked of it afterwards. */
  release(): void {
    if (this.#address !== NO_ADDRESS) this.#arena.give(this.#address, this.#length * this.#width);
    this.#address = NO_ADDRESS;
  }

  /**
   * Quantiles of ascending shares `ps` (0 to 1), each within the relative error of the exact one; where the rank falls between two samples,
   * interpolated between them. All NaN when there is nothing.
   */
  quantiles(ps: readonly number[]): number[] {
    const last = this.total - 1;
    let index = -1;
    /** Samples in the bins up to `index`. */
    let passed = 0;
    return ps.map((p) => {
      if (last < 0) return Number.NaN;
      const position = p * last;
      const rank = Math.floor(position);
      while (passed <= rank) passed += this.#cells[this.#at + ++index] ?? 0;
      const low = middleOf(index + this.#first);
      if (position === rank || passed > rank + 1) return low;
      return low + (middleOf(this.#nextUsed(index) + this.#first) - low) * (position - rank);
    });
  }

  /** Bin, count, bin, count, ... with ascending bins, those in use. */
  toBins(): number[] {
    const bins: number[] = [];
    for (let index = 0; index < this.#length; index++) {
      const count = this.#cells[this.#at + index] ?? 0;
      if (count > 0) bins.push(index + this.#first, count);
    }
    return bins;
  }

  #nextUsed(index: number): number {
    let next = index + 1;
    while (this.#cells[this.#at + next] === 0) next += 1;
    return next;
  }

  #cover(bin: number): void {
    const end = this.#first + this.#length;
    if (this.#length === 0) this.#move(bin - slack, 1 + 2 * slack);
    else if (bin < this.#first) this.#move(bin - slack, end - bin + slack);
    else this.#move(this.#first, bin + 1 + slack - this.#first);
  }

  #widen(count: number): void {
    const before = { address: this.#address, cells: this.#cells, at: this.#at, bytes: this.#length * this.#width };
    this.#setWidth(count);
    this.#takeRoom(this.#length);
    this.#cells.set(before.cells.subarray(before.at, before.at + this.#length), this.#at);
    this.#arena.give(before.address, before.bytes);
  }

  #setWidth(count: number): void {
    if (count > maxShort) {
      this.#width = 4;
      this.#most = Number.POSITIVE_INFINITY;
    } else if (count > maxByte) {
      this.#width = 2;
      this.#most = maxShort;
    }
  }

  /** To other memory, that covers so many bins from one on. All that are in use are among them. */
  #move(first: number, length: number): void {
    const before = { address: this.#address, cells: this.#cells, at: this.#at, length: this.#length };
    const shift = this.#first - first;
    this.#takeRoom(length);
    this.#first = first;
    if (before.address === NO_ADDRESS) return;
    this.#cells.set(before.cells.subarray(before.at, before.at + before.length), this.#at + shift);
    this.#arena.give(before.address, before.length * this.#width);
  }

  /** As much as the arena gives anyway. */
  #takeRoom(length: number): void {
    this.#length = roomFor(length * this.#width) / this.#width;
    this.#address = this.#arena.take(this.#length * this.#width);
    this.#cells = this.#viewAt(this.#address);
    this.#at = offsetOf(this.#address) / this.#width;
  }

  #viewAt(address: number): Cells {
    const { bytes, shorts, words } = this.#arena.chunkOf(address);
    if (this.#width === 1) return bytes;
    return this.#width === 2 ? shorts : words;
  }
}
