/** Distance of two entries in bytes of the file. */
const INTERVAL_BYTES = 64 * 1024;

/** Ends of recent reads that are remembered: where sequential readers go on. */
const MAX_HINTS = 16;

export interface Place {
  offset: number;
  at: number;
}

/** A sparse index of a segment in memory: where to start looking for an offset. */
export class SegmentIndex {
  readonly #places: Place[] = [];
  readonly #hints = new Map<number, number>();

  /** Adds the place of a frame; in file order. Places closer than 64 KiB to the last one are dropped. */
  add(offset: number, at: number): void {
    const last = this.#places.at(-1);
    if (!last || at - last.at >= INTERVAL_BYTES) this.#places.push({ offset, at });
  }

  /** Remembers where a reader will go on. */
  remember(offset: number, at: number): void {
    this.#hints.delete(offset);
    this.#hints.set(offset, at);
    for (const oldest of this.#hints.keys()) {
      if (this.#hints.size <= MAX_HINTS) return;
      this.#hints.delete(oldest);
    }
  }

  /** The nearest known place at or before the offset. */
  before(offset: number): Place | undefined {
    const hint = this.#hints.get(offset);
    if (hint !== undefined) return { offset, at: hint };
    let low = 0;
    let high = this.#places.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#places[middle]?.offset ?? offset + 1) <= offset) low = middle + 1;
      else high = middle;
    }
    return this.#places[low - 1];
  }
}
