import { middleOf } from './log-bins.ts';

/** Room on either side of the bins in use, so that neighbours need no growth. */
const slack = 8;

type Counts = Uint8Array | Uint16Array | Uint32Array;

/**
 * A sketch as one count a bin, dense between the least and the greatest bin seen. Counts can be taken out again. One byte a bin, two and then four
 * once a count needs them: most of a hundred thousand series have few points.
 */
export class BinCounts {
  total = 0;
  #first = 0;
  #counts: Counts = new Uint8Array(0);
  /** What `#counts` holds at most in a bin. */
  #most = 0xff;

  /** `count` may be negative, for what was added before. */
  add(bin: number, count: number): void {
    let index = bin - this.#first;
    if (index < 0 || index >= this.#counts.length) {
      this.#cover(bin);
      index = bin - this.#first;
    }
    const sum = (this.#counts[index] ?? 0) + count;
    if (sum > this.#most) this.#widen(sum);
    this.#counts[index] = sum;
    this.total += count;
  }

  /** Takes everything out, and keeps the room. */
  clear(): void {
    this.#counts.fill(0);
    this.total = 0;
  }

  /** The same in as little room as it needs. */
  compact(): BinCounts {
    const counts = this.#counts;
    let from = 0;
    let to = counts.length;
    let most = 0;
    while (from < to && counts[from] === 0) from += 1;
    while (to > from && counts[to - 1] === 0) to -= 1;
    for (let index = from; index < to; index++) most = Math.max(most, counts[index] ?? 0);
    const copy = new BinCounts();
    if (most > copy.#most) copy.#widen(most);
    copy.total = this.total;
    copy.#first = this.#first + from - slack;
    copy.#counts = copy.#room(to - from + 2 * slack);
    copy.#counts.set(counts.subarray(from, to), slack);
    return copy;
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
      while (passed <= rank) passed += this.#counts[++index] ?? 0;
      const low = middleOf(index + this.#first);
      if (position === rank || passed > rank + 1) return low;
      return low + (middleOf(this.#nextUsed(index) + this.#first) - low) * (position - rank);
    });
  }

  /** Bin, count, bin, count, ... with ascending bins, those in use. */
  toBins(): number[] {
    const bins: number[] = [];
    for (const [index, count] of this.#counts.entries()) if (count > 0) bins.push(index + this.#first, count);
    return bins;
  }

  #nextUsed(index: number): number {
    let next = index + 1;
    while (this.#counts[next] === 0) next += 1;
    return next;
  }

  #cover(bin: number): void {
    const { length } = this.#counts;
    const first = Math.min(length === 0 ? bin : this.#first, bin) - (bin < this.#first || length === 0 ? slack : 0);
    const end = Math.max(length === 0 ? bin : this.#first + length, bin + 1 + slack);
    const grown = this.#room(end - first);
    grown.set(this.#counts, length === 0 ? 0 : this.#first - first);
    this.#first = first;
    this.#counts = grown;
  }

  #widen(count: number): void {
    this.#most = count > 0xffff ? 0xffffffff : 0xffff;
    const wide = this.#room(this.#counts.length);
    wide.set(this.#counts);
    this.#counts = wide;
  }

  #room(length: number): Counts {
    if (this.#most === 0xff) return new Uint8Array(length);
    return this.#most === 0xffff ? new Uint16Array(length) : new Uint32Array(length);
  }
}
