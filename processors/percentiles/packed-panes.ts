import type { BinCounts } from '../math/bin-counts.ts';
import { Arena, NO_ADDRESS, offsetOf, roomFor } from '../memory/arena.ts';
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

/** Share of what it holds that a run of panes is given in addition when it needs more. */
const growth = 1 / 16;
/** It is moved to its beginning instead where that makes so much room. */
const minGain = 1 / 32;
const none = Number.POSITIVE_INFINITY;
const noBytes = new Uint8Array(0);

/**
 * Sketches of spans of time (panes), numbered by time, in one run of bytes: about a byte a bin in use. This is both the form in memory
 * and in a snapshot: objects would take ten times the room.
 */
export class PackedPanes {
  readonly #arena: Arena;
  #address = NO_ADDRESS;
  #room = 0;
  /** The chunk that the run lies in, and where: from `#start` to before `#end`. */
  #bytes: Uint8Array = noBytes;
  #start = 0;
  #end = 0;
  /** What is to be added to a place in the chunk to have it counted from the first byte there ever was. */
  #shift = 0;
  /** The number that the first pane's step is counted from. */
  #base = 0;
  /** Of the last pane, if there is one. */
  #last = 0;
  /** Where the last pane begins. */
  #lastAt = 0;

  constructor(arena: Arena = new Arena()) {
    this.#arena = arena;
  }

  get isEmpty(): boolean {
    return this.#start === this.#end;
  }

  /** Number of the last pane; -Infinity when there is none. */
  get last(): number {
    return this.isEmpty ? Number.NEGATIVE_INFINITY : this.#last;
  }

  /** Where the next pane will lie. */
  get end(): number {
    return this.#end + this.#shift;
  }

  /** The first pane from the number on. */
  seek(number: number): PaneCursor {
    let pane = this.#base;
    for (let at = this.#start; at < this.#end; at = found.end) {
      readHeader(this.#bytes, at);
      pane += found.step;
      if (pane >= number) return { number: pane, at: at + this.#shift };
    }
    return { number: none, at: this.end };
  }

  /** Moves to the pane after it. */
  next(cursor: PaneCursor): void {
    readHeader(this.#bytes, cursor.at - this.#shift);
    const at = found.end;
    cursor.at = at + this.#shift;
    if (at >= this.#end) cursor.number = none;
    else {
      readHeader(this.#bytes, at);
      cursor.number += found.step;
    }
  }

  /** Adds the counts of the pane, once or minus once. */
  addAt(counts: BinCounts, { at }: PaneCursor, sign: 1 | -1): void {
    readHeader(this.#bytes, at - this.#shift);
    forEachBin(this.#bytes, found, (bin, count) => counts.add(bin, sign * count));
  }

  addTo(counts: BinCounts, { from, to, sign }: PaneRange): void {
    for (const cursor = this.seek(from); cursor.number < to; this.next(cursor)) this.addAt(counts, cursor, sign);
  }

  /** Adds counts to a pane. */
  merge(number: number, bins: Bins): void {
    if (number > this.last) this.#append(number, bins);
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

  static restore(input: ByteReader, arena: Arena = new Arena()): PackedPanes {
    const panes = new PackedPanes(arena);
    panes.#base = input.readVarint();
    const bytes = input.readBytes(input.readVaruint());
    if (bytes.length === 0) return panes;
    panes.#makeRoom(bytes.length);
    panes.#bytes.set(bytes, panes.#start);
    panes.#end = panes.#start + bytes.length;
    panes.#last = panes.#base;
    for (let at = panes.#start; at < panes.#end; at = found.end) {
      readHeader(panes.#bytes, at);
      panes.#last += found.step;
      panes.#lastAt = at;
    }
    return panes;
  }

  /** Gives its memory back; nothing may be asked of it afterwards. */
  release(): void {
    if (this.#address !== NO_ADDRESS) this.#arena.give(this.#address, this.#room);
    this.#address = NO_ADDRESS;
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
      readHeader(this.#bytes, cursor.at - this.#shift);
      panes.set(cursor.number, decodeBins(this.#bytes, found));
    }
    panes.set(number, mergeBins(panes.get(number) ?? [], bins));
    this.#clear();
    for (const [pane, merged] of [...panes].sort(([a], [b]) => a - b)) this.#append(pane, merged);
  }

  /** Cursors stay where they are. */
  #clear(): void {
    this.release();
    this.#shift += this.#start;
    this.#start = 0;
    this.#end = 0;
    this.#room = 0;
    this.#bytes = noBytes;
  }

  /** Adds the bytes of a pane. */
  #write(pane: Uint8Array): void {
    const roomEnd = this.#address === NO_ADDRESS ? 0 : offsetOf(this.#address) + this.#room;
    if (this.#end + pane.length > roomEnd) this.#makeRoom(pane.length);
    this.#lastAt = this.#end;
    this.#bytes.set(pane, this.#end);
    this.#end += pane.length;
  }

  /** For so many bytes more. */
  #makeRoom(count: number): void {
    const { length, room } = { length: this.#end - this.#start + count, room: this.#room };
    if (room >= length * (1 + minGain)) this.#moveTo(this.#address);
    else {
      const before = this.#address;
      this.#room = roomFor(Math.ceil(length * (1 + growth)));
      this.#moveTo(this.#arena.take(this.#room));
      if (before !== NO_ADDRESS) this.#arena.give(before, room);
    }
  }

  #moveTo(address: number): void {
    const { bytes } = this.#arena.chunkOf(address);
    const start = offsetOf(address);
    bytes.set(this.#bytes.subarray(this.#start, this.#end), start);
    const gain = this.#start - start;
    this.#address = address;
    this.#bytes = bytes;
    this.#shift += gain;
    this.#lastAt -= gain;
    this.#end -= gain;
    this.#start = start;
  }
}
