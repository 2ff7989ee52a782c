import { middleOf } from './log-bins.ts';

/** Room on either side of the bins in use, so that neighbours need no growth. */
const slack = 8;

/** What two bytes hold. */
const maxShortCount = 0xffff;

/**
 * A sketch as one count a bin, dense between the least and the greatest bin seen. Counts can be taken out again. Two bytes a bin, four once a count
 * needs them.
 */
export class BinCounts {
  total = 0;
  #first = 0;
  #counts: Uint16Array | Uint32Array = new Uint16Array(0);

  /** `count` may be negative, for what was added before. */
  add(bin: number, count: number): void {
    let index = bin - this.#first;
    if (index < 0 || index >= this.#counts.length) {
      this.#cover(bin);
      index = bin - this.#first;
    }
    const sum = (this.#counts[index] ?? 0) + count;
    if (sum > maxShortCount && this.#counts instanceof Uint16Array) this.#counts = new Uint32Array(this.#counts);
    this.#counts[index] = sum;
    this.total += count;
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
    const grown = this.#counts instanceof Uint16Array ? new Uint16Array(end - first) : new Uint32Array(end - first);
    grown.set(this.#counts, length === 0 ? 0 : this.#first - first);
    this.#first = first;
    this.#counts = grown;
  }
}
