import type { BinCounts } from '../math/bin-counts.ts';
import type { ByteBuffer } from '../native/byte-buffer.ts';
import type { ByteReader } from '../snapshots/byte-reader.ts';
import { type Bins, decodeBins, encodePane, forEachBin, found, mergeBins, readHeader } from './packed-bins.ts';

/** Panes to add: those from `from` to before `to`, once or, to take them out again, minus once. */
export interface PaneRange {
  from: number;
  to: number;
  sign: 1 | -1;
}

/** A pane. Stays valid while panes are added at the end and dropped before it, and while nothing else is merged. */
export interface PaneCursor {
  /** Infinity: behind the last. */
  number: number;
  /** Where it lies, counted from the first byte there ever was. */
  at: number;
}

const growth = 1.25;
const minRoom = 32;
const none = Number.POSITIVE_INFINITY;

/**
 * Sketches of spans of time (panes), numbered by time, in one run of bytes: about a byte a bin in use. This is both the form in memory
 * and in a snapshot: objects would take ten times the room.
 */
export class PackedPanes {
  #bytes = new Uint8Array(0);
  #start = 0;
  #end = 0;
  /** What lay before the first of `#bytes`. */
  #gone = 0;
  /** The number that the first pane's step is counted from. */
  #base = 0;
  #last = Number.NEGATIVE_INFINITY;
  /** Where the last pane begins. */
  #lastAt = 0;

  get isEmpty(): boolean {
    return this.#start === this.#end;
  }

  /** Number of the last pane; -Infinity when there is none. */
  get last(): number {
    return this.#last;
  }

  /** Where the next pane will lie. */
  get end(): number {
    return this.#gone + this.#end;
  }

  /** The first pane from the number on. */
  seek(number: number): PaneCursor {
    let pane = this.#base;
    for (let at = this.#start; at < this.#end; at = found.end) {
      readHeader(this.#bytes, at);
      pane += found.step;
      if (pane >= number) return { number: pane, at: at + this.#gone };
    }
    return { number: none, at: this.end };
  }

  /** Moves to the pane after it. */
  next(cursor: PaneCursor): void {
    readHeader(this.#bytes, cursor.at - this.#gone);
    const at = found.end;
    cursor.at = at + this.#gone;
    if (at >= this.#end) cursor.number = none;
    else {
      readHeader(this.#bytes, at);
      cursor.number += found.step;
    }
  }

  /** Adds the counts of the pane, once or minus once. */
  addAt(counts: BinCounts, { at }: PaneCursor, sign: 1 | -1): void {
    readHeader(this.#bytes, at - this.#gone);
    forEachBin(this.#bytes, found, (bin, count) => counts.add(bin, sign * count));
  }

  addTo(counts: BinCounts, { from, to, sign }: PaneRange): void {
    for (const cursor = this.seek(from); cursor.number < to; this.next(cursor)) this.addAt(counts, cursor, sign);
  }

  /** Adds counts to a pane. */
  merge(number: number, bins: Bins): void {
    if (number > this.#last) this.#append(number, bins);
    else if (number === this.#last) this.#mergeLast(bins);
    else this.#mergeEarlier(number, bins);
  }

  /** Forgets the panes before this one. */
  dropBefore(number: number): void {
    while (this.#start < this.#end) {
      readHeader(this.#bytes, this.#start);
      if (this.#base + found.step >= number) return;
      this.#base += found.step;
      this.#start = found.end;
    }
    if (this.isEmpty) this.#clear();
  }

  snapshot(out: ByteBuffer): void {
    out.writeVarint(this.#base);
    out.writeVaruint(this.#end - this.#start);
    out.writeBytes(this.#bytes.subarray(this.#start, this.#end));
  }

  static restore(input: ByteReader): PackedPanes {
    const panes = new PackedPanes();
    panes.#base = input.readVarint();
    panes.#bytes = input.readBytes(input.readVaruint()).slice();
    panes.#end = panes.#bytes.length;
    if (panes.#end > 0) panes.#last = panes.#base;
    for (let at = 0; at < panes.#end; at = found.end) {
      readHeader(panes.#bytes, at);
      panes.#last += found.step;
      panes.#lastAt = at;
    }
    return panes;
  }

  #append(number: number, bins: Bins): void {
    if (this.isEmpty) this.#base = number;
    const step = this.isEmpty ? 0 : number - this.#last;
    this.#last = number;
    this.#write(encodePane(step, bins));
  }

  #mergeLast(bins: Bins): void {
    readHeader(this.#bytes, this.#lastAt);
    const { step } = found;
    const merged = mergeBins(decodeBins(this.#bytes, found), bins);
    this.#end = this.#lastAt;
    this.#write(encodePane(step, merged));
  }

  #mergeEarlier(number: number, bins: Bins): void {
    const panes = new Map<number, Bins>();
    for (const cursor = this.seek(Number.NEGATIVE_INFINITY); cursor.number < none; this.next(cursor)) {
      readHeader(this.#bytes, cursor.at - this.#gone);
      panes.set(cursor.number, decodeBins(this.#bytes, found));
    }
    panes.set(number, mergeBins(panes.get(number) ?? [], bins));
    this.#clear();
    for (const [pane, merged] of [...panes].sort(([a], [b]) => a - b)) this.#append(pane, merged);
  }

  #clear(): void {
    this.#end = this.#start;
    this.#last = Number.NEGATIVE_INFINITY;
  }

  /** Adds the bytes of a pane. */
  #write(pane: Uint8Array): void {
    if (this.#end + pane.length > this.#bytes.length) this.#makeRoom(pane.length);
    this.#lastAt = this.#end;
    this.#bytes.set(pane, this.#end);
    this.#end += pane.length;
  }

  #makeRoom(count: number): void {
    const length = this.#end - this.#start;
    const isRoomy = this.#bytes.length >= (length + count) * growth;
    const bytes = isRoomy ? this.#bytes : new Uint8Array(Math.ceil((length + count) * growth) + minRoom);
    bytes.set(this.#bytes.subarray(this.#start, this.#end));
    this.#bytes = bytes;
    this.#gone += this.#start;
    this.#lastAt -= this.#start;
    this.#end = length;
    this.#start = 0;
  }
}
