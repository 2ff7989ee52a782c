import { type Arena, NO_ADDRESS, offsetOf } from '../memory/arena.ts';
import { ByteBuffer } from '../native/byte-buffer.ts';
import { ByteReader } from '../snapshots/byte-reader.ts';

export const MINUTES_PER_HOUR = 60;

/** A number each of the events and the bad ones, for every minute. */
const cellCount = 2 * MINUTES_PER_HOUR;
const maxByte = 0xff;
const scratch = new ByteBuffer();

type Cells = Uint8Array | Uint32Array;

const noCells = new Uint8Array(0);

type See = (minute: number, events: number, bad: number) => void;

/**
 * The counts of the minutes of one hour: as cells while events come, a byte each until a minute has more events; after that packed into about three bytes
 * a minute, where that is less.
 */
export class MinuteBlock {
  /** Whole hours since the epoch. */
  readonly hour: number;
  events = 0;
  bad = 0;
  readonly #arena: Arena;
  #address = NO_ADDRESS;
  /** Of the piece. */
  #size = 0;
  /** Bytes of a cell; 0 while it is packed. */
  #width = 0;
  /** The chunk that the piece is in, as numbers of that width, and where it begins there. */
  #cells: Cells = noCells;
  #at = 0;

  constructor(hour: number, arena: Arena) {
    this.hour = hour;
    this.#arena = arena;
  }

  /** `minute`: 0 to 59. */
  add(minute: number, isBad: boolean): void {
    if (this.#width === 0) this.#open();
    if (this.#width === 1 && this.#cells[this.#at + 2 * minute] === maxByte) this.#widen();
    const at = this.#at + 2 * minute;
    this.#cells[at] = (this.#cells[at] ?? 0) + 1;
    this.events += 1;
    if (!isBad) return;
    this.#cells[at + 1] = (this.#cells[at + 1] ?? 0) + 1;
    this.bad += 1;
  }

  /** Every minute with events, in order. */
  visit(see: See): void {
    if (this.#width === 0) visitPacked(this.#piece(), see);
    else visitCells(this.#ownCells(), see);
  }

  pack(): void {
    if (this.#width === 0) return;
    const packed = packCells(this.#ownCells());
    if (packed.length >= this.#size) return;
    this.release();
    this.#store(packed);
  }

  /** Gives its memory back; nothing may be asked of it afterwards. */
  release(): void {
    if (this.#address !== NO_ADDRESS) this.#arena.give(this.#address, this.#size);
    this.#address = NO_ADDRESS;
    this.#size = 0;
    this.#width = 0;
    this.#cells = noCells;
  }

  snapshot(out: ByteBuffer): void {
    const packed = this.#width === 0 ? this.#piece() : packCells(this.#ownCells());
    out.writeVaruint(packed.length);
    out.writeBytes(packed);
  }

  static restore(input: ByteReader, { hour, arena }: { hour: number; arena: Arena }): MinuteBlock {
    const block = new MinuteBlock(hour, arena);
    const packed = input.readBytes(input.readVaruint());
    let most = 0;
    visitPacked(packed, (_minute, events, bad) => {
      block.events += events;
      block.bad += bad;
      most = Math.max(most, events);
    });
    if (packed.length < cellCount * widthFor(most)) block.#store(packed);
    else block.#openWith(packed, most);
    return block;
  }

  #piece(): Uint8Array {
    if (this.#address === NO_ADDRESS) return noCells;
    const at = offsetOf(this.#address);
    return this.#arena.chunkOf(this.#address).bytes.subarray(at, at + this.#size);
  }

  #ownCells(): Cells {
    return this.#cells.subarray(this.#at, this.#at + cellCount);
  }

  #store(packed: Uint8Array): void {
    if (packed.length === 0) return;
    this.#size = packed.length;
    this.#address = this.#arena.take(this.#size);
    this.#piece().set(packed);
  }

  #takeCells(width: 1 | 4): void {
    this.#width = width;
    this.#size = cellCount * width;
    this.#address = this.#arena.take(this.#size);
    const { bytes, words } = this.#arena.chunkOf(this.#address);
    this.#cells = width === 1 ? bytes : words;
    this.#at = offsetOf(this.#address) / width;
  }

  #open(): void {
    const packed = this.#piece().slice();
    let most = 0;
    visitPacked(packed, (_minute, events) => {
      most = Math.max(most, events);
    });
    this.release();
    this.#openWith(packed, most);
  }

  /** `most`: events in a minute. */
  #openWith(packed: Uint8Array, most: number): void {
    this.#takeCells(widthFor(most));
    visitPacked(packed, (minute, events, bad) => {
      this.#cells[this.#at + 2 * minute] = events;
      this.#cells[this.#at + 2 * minute + 1] = bad;
    });
  }

  #widen(): void {
    const cells = this.#ownCells().slice();
    this.release();
    this.#takeCells(4);
    this.#cells.set(cells, this.#at);
  }
}

/** Bytes of a cell that holds so many events. */
const widthFor = (events: number): 1 | 4 => (events > maxByte ? 4 : 1);

function visitCells(cells: Cells, see: See): void {
  for (let minute = 0; minute < MINUTES_PER_HOUR; minute++) {
    const events = cells[2 * minute] ?? 0;
    if (events > 0) see(minute, events, cells[2 * minute + 1] ?? 0);
  }
}

function visitPacked(packed: Uint8Array, see: See): void {
  if (packed.length === 0) return;
  const input = new ByteReader(packed);
  while (!input.isAtEnd) see(input.readUint8(), input.readVaruint(), input.readVaruint());
}

/** Valid until the next call. */
function packCells(cells: Cells): Uint8Array {
  scratch.clear();
  visitCells(cells, (minute, events, bad) => {
    scratch.writeUint8(minute);
    scratch.writeVaruint(events);
    scratch.writeVaruint(bad);
  });
  return scratch.written;
}
