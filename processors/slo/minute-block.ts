import { ByteBuffer } from '../native/byte-buffer.ts';
import { ByteReader } from '../snapshots/byte-reader.ts';

export const MINUTES_PER_HOUR = 60;

/** A byte each until a minute has more events: most series have few. */
type Cells = Uint8Array | Uint32Array;

const maxByte = 0xff;
const scratch = new ByteBuffer();
/** Of blocks that are open: most of a hundred thousand. */
const noBytes = new Uint8Array(0);

/** The counts of the minutes of one hour: open while events come, packed into about three bytes a minute after that. */
export class MinuteBlock {
  /** Whole hours since the epoch. */
  readonly hour: number;
  events = 0;
  bad = 0;
  /** Events and bad ones of each minute, one beside the other. */
  #cells: Cells | undefined;
  #packed = noBytes;

  constructor(hour: number) {
    this.hour = hour;
  }

  /** `minute`: 0 to 59. */
  add(minute: number, isBad: boolean): void {
    const at = 2 * minute;
    let cells = this.#open();
    if (cells[at] === maxByte && cells instanceof Uint8Array) {
      cells = new Uint32Array(cells);
      this.#cells = cells;
    }
    cells[at] = (cells[at] ?? 0) + 1;
    this.events += 1;
    if (!isBad) return;
    cells[at + 1] = (cells[at + 1] ?? 0) + 1;
    this.bad += 1;
  }

  /** Every minute with events, in order. */
  visit(see: (minute: number, events: number, bad: number) => void): void {
    if (this.#cells === undefined) visitPacked(this.#packed, see);
    else visitCells(this.#cells, see);
  }

  pack(): void {
    if (this.#cells === undefined) return;
    this.#packed = packCells(this.#cells);
    this.#cells = undefined;
  }

  snapshot(out: ByteBuffer): void {
    const packed = this.#cells === undefined ? this.#packed : packCells(this.#cells);
    out.writeVaruint(packed.length);
    out.writeBytes(packed);
  }

  static restore(hour: number, input: ByteReader): MinuteBlock {
    const block = new MinuteBlock(hour);
    block.#packed = input.readBytes(input.readVaruint()).slice();
    block.visit((_minute, events, bad) => {
      block.events += events;
      block.bad += bad;
    });
    return block;
  }

  #open(): Cells {
    if (this.#cells !== undefined) return this.#cells;
    let most = 0;
    visitPacked(this.#packed, (_minute, events) => {
      most = Math.max(most, events);
    });
    const cells = new (most > maxByte ? Uint32Array : Uint8Array)(2 * MINUTES_PER_HOUR);
    visitPacked(this.#packed, (minute, events, bad) => {
      cells[2 * minute] = events;
      cells[2 * minute + 1] = bad;
    });
    this.#packed = noBytes;
    this.#cells = cells;
    return cells;
  }
}

type See = (minute: number, events: number, bad: number) => void;

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

function packCells(cells: Cells): Uint8Array<ArrayBuffer> {
  scratch.clear();
  visitCells(cells, (minute, events, bad) => {
    scratch.writeUint8(minute);
    scratch.writeVaruint(events);
    scratch.writeVaruint(bad);
  });
  return scratch.written.slice();
}
