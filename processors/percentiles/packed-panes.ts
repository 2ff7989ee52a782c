import type { BinCounts } from '../math/bin-counts.ts';
import type { ByteBuffer } from '../native/byte-buffer.ts';
import type { ByteReader } from '../snapshots/byte-reader.ts';
import {
  type Bins,
  decodeBins,
  encodePane,
  found,
  mergeBins,
  readHeader,
  readVaruint,
  unzigzag,
} from './packed-bins.ts';

/** Panes to add: those from `from` to before `to`, once or, to take them out again, minus once. */
export interface PaneRange {
  from: number;
  to: number;
  sign: 1 | -1;
}

/** Numbers of panes, ascending, and where each lies. */
export interface PaneList {
  numbers: number[];
  places: number[];
}

const growth = 1.25;
const minRoom = 32;

/**
 * Sketches of spans of time (panes), numbered by time, in one run of bytes: about two bytes a bin in use. This is both the form in memory
 * and in a snapshot: objects would take ten times the room.
 */
export class PackedPanes {
  #bytes = new Uint8Array(0);
  #length = 0;
  /** The number that the first pane's step is counted from. */
  #base = 0;
  #last = Number.NEGATIVE_INFINITY;
  /** Where the last pane begins. */
  #lastAt = 0;

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** The panes in the order of their numbers. Valid until the next change. */
  list(): PaneList {
    const list: PaneList = { numbers: [], places: [] };
    let number = this.#base;
    for (let at = 0; at < this.#length; at = found.end) {
      readHeader(this.#bytes, at);
      number += found.step;
      list.numbers.push(number);
      list.places.push(at);
    }
    return list;
  }

  /** Adds the counts of the pane at a place. */
  addPane(counts: BinCounts, place: number, sign: 1 | -1): void {
    readHeader(this.#bytes, place);
    const { body, end } = found;
    this.#addBins(counts, { body, end, sign });
  }

  addTo(counts: BinCounts, { from, to, sign }: PaneRange): void {
    let number = this.#base;
    for (let at = 0; at < this.#length; ) {
      readHeader(this.#bytes, at);
      const { body, end } = found;
      number += found.step;
      if (number >= to) return;
      if (number >= from) this.#addBins(counts, { body, end, sign });
      at = end;
    }
  }

  /** Adds counts to a pane. */
  merge(number: number, bins: Bins): void {
    if (number > this.#last) this.#append(number, bins);
    else if (number === this.#last) this.#mergeLast(bins);
    else this.#mergeEarlier(number, bins);
  }

  /** Forgets the panes before this one. */
  dropBefore(number: number): void {
    let base = this.#base;
    let at = 0;
    while (at < this.#length) {
      readHeader(this.#bytes, at);
      if (base + found.step >= number) break;
      base += found.step;
      at = found.end;
    }
    if (at === 0) return;
    this.#bytes.copyWithin(0, at, this.#length);
    this.#base = base;
    this.#length -= at;
    this.#lastAt -= at;
    if (this.#length === 0) this.#clear();
  }

  snapshot(out: ByteBuffer): void {
    out.writeInt64(this.#base);
    out.writeVaruint(this.#length);
    out.writeBytes(this.#bytes.subarray(0, this.#length));
  }

  static restore(input: ByteReader): PackedPanes {
    const panes = new PackedPanes();
    panes.#base = input.readInt64();
    panes.#bytes = input.readBytes(input.readVaruint()).slice();
    panes.#length = panes.#bytes.length;
    if (panes.#length > 0) panes.#last = panes.#base;
    for (let at = 0; at < panes.#length; at = found.end) {
      readHeader(panes.#bytes, at);
      panes.#last += found.step;
      panes.#lastAt = at;
    }
    return panes;
  }

  #addBins(counts: BinCounts, { body, end, sign }: { body: number; end: number; sign: 1 | -1 }): void {
    let bin = 0;
    for (let at = body; at < end; ) {
      at = readVaruint(this.#bytes, at);
      bin += unzigzag(found.value);
      at = readVaruint(this.#bytes, at);
      counts.add(bin, sign * found.value);
    }
  }

  #append(number: number, bins: Bins): void {
    if (this.#length === 0) this.#base = number;
    const step = this.#length === 0 ? 0 : number - this.#last;
    this.#lastAt = this.#length;
    this.#last = number;
    this.#write(encodePane(step, bins));
  }

  #mergeLast(bins: Bins): void {
    readHeader(this.#bytes, this.#lastAt);
    const { step, body, end } = found;
    const merged = mergeBins(decodeBins(this.#bytes, body, end), bins);
    this.#length = this.#lastAt;
    this.#write(encodePane(step, merged));
  }

  #mergeEarlier(number: number, bins: Bins): void {
    const panes = new Map<number, Bins>();
    let at = 0;
    for (const pane of this.list().numbers) {
      readHeader(this.#bytes, at);
      at = found.end;
      panes.set(pane, decodeBins(this.#bytes, found.body, at));
    }
    panes.set(number, mergeBins(panes.get(number) ?? [], bins));
    this.#clear();
    for (const [pane, merged] of [...panes].sort(([a], [b]) => a - b)) this.#append(pane, merged);
  }

  #clear(): void {
    this.#length = 0;
    this.#last = Number.NEGATIVE_INFINITY;
    this.#lastAt = 0;
  }

  #write(bytes: readonly number[]): void {
    const needed = this.#length + bytes.length;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.ceil(needed * growth) + minRoom);
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = needed;
  }
}
