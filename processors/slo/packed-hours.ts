import type { EventCount } from '../../schemas/slo/slo-figures.ts';
import { type Arena, NO_ADDRESS, offsetOf, roomFor } from '../memory/arena.ts';
import type { ByteBuffer } from '../native/byte-buffer.ts';
import type { ByteReader } from '../snapshots/byte-reader.ts';

const growth = 1.5;
/** What the longest number takes. */
const minRoom = 8;
const noBytes = new Uint8Array(0);

/** Where the next number is, and the number read last: so that reading makes no objects. */
const found = { value: 0, end: 0 };

/**
 * Counts of hours (whole hours since the epoch), ascending, packed into two to five bytes an hour: the step from the hour before, the events, the bad ones.
 * A year of busy hours is about 26 KB.
 */
export class PackedHours {
  readonly #arena: Arena;
  #address = NO_ADDRESS;
  #room = 0;
  /** The chunk that they lie in, and where: from `#start` to before `#end`. */
  #bytes: Uint8Array = noBytes;
  #start = 0;
  #end = 0;
  /** The hour the first step begins at. */
  #base = 0;
  /** If there is one. */
  #last = 0;

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  get isEmpty(): boolean {
    return this.#start === this.#end;
  }

  /** The latest hour; -Infinity when there is none. */
  get last(): number {
    return this.isEmpty ? Number.NEGATIVE_INFINITY : this.#last;
  }

  add(hour: number, { events, bad }: EventCount): void {
    if (hour > this.last) this.#append(hour, events, bad);
    else this.#merge(hour, { events, bad });
  }

  /** Every hour in order. */
  visit(see: (hour: number, events: number, bad: number) => void): void {
    let hour = this.#base;
    for (let at = this.#start; at < this.#end; ) {
      at = readVaruint(this.#bytes, at);
      hour += found.value;
      at = readVaruint(this.#bytes, at);
      const events = found.value;
      at = readVaruint(this.#bytes, at);
      see(hour, events, found.value);
    }
  }

  /** Forgets the hours before one. */
  dropBefore(first: number): void {
    if (this.isEmpty || this.#base >= first) return;
    const kept = new PackedHours(this.#arena);
    this.visit((hour, events, bad) => {
      if (hour >= first) kept.#append(hour, events, bad);
    });
    this.#take(kept);
  }

  snapshot(out: ByteBuffer): void {
    out.writeInt64(this.#base);
    out.writeVaruint(this.#end - this.#start);
    out.writeBytes(this.#bytes.subarray(this.#start, this.#end));
  }

  /** Gives its memory back; nothing may be asked of it afterwards. */
  release(): void {
    if (this.#address !== NO_ADDRESS) this.#arena.give(this.#address, this.#room);
    this.#address = NO_ADDRESS;
  }

  static restore(input: ByteReader, arena: Arena): PackedHours {
    const hours = new PackedHours(arena);
    hours.#base = input.readInt64();
    const bytes = input.readBytes(input.readVaruint());
    if (bytes.length === 0) return hours;
    hours.#moveTo(bytes.length);
    hours.#bytes.set(bytes, hours.#start);
    hours.#end = hours.#start + bytes.length;
    hours.visit((hour) => {
      hours.#last = hour;
    });
    return hours;
  }

  #append(hour: number, events: number, bad: number): void {
    const isFirst = this.isEmpty;
    if (isFirst) this.#base = hour;
    this.#write(isFirst ? 0 : hour - this.#last);
    this.#write(events);
    this.#write(bad);
    this.#last = hour;
  }

  #merge(hour: number, count: EventCount): void {
    const all = new Map<number, EventCount>([[hour, { ...count }]]);
    this.visit((other, events, bad) => {
      const own = all.get(other);
      if (own === undefined) all.set(other, { events, bad });
      else all.set(other, { events: own.events + events, bad: own.bad + bad });
    });
    const merged = new PackedHours(this.#arena);
    for (const [other, { events, bad }] of [...all].sort(([a], [b]) => a - b)) merged.#append(other, events, bad);
    this.#take(merged);
  }

  /** Becomes the other, which is no more to be used. */
  #take(other: PackedHours): void {
    this.release();
    this.#address = other.#address;
    this.#room = other.#room;
    this.#bytes = other.#bytes;
    this.#start = other.#start;
    this.#end = other.#end;
    this.#base = other.#base;
    this.#last = other.#last;
  }

  #write(value: number): void {
    const length = this.#end - this.#start;
    if (length + minRoom > this.#room) this.#moveTo(Math.ceil(length * growth) + minRoom);
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes[this.#end++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#end++] = rest;
  }

  #moveTo(size: number): void {
    const address = this.#arena.take(size);
    const { bytes } = this.#arena.chunkOf(address);
    const start = offsetOf(address);
    bytes.set(this.#bytes.subarray(this.#start, this.#end), start);
    this.#end = start + this.#end - this.#start;
    this.release();
    this.#address = address;
    this.#room = roomFor(size);
    this.#bytes = bytes;
    this.#start = start;
  }
}

function readVaruint(bytes: Uint8Array, from: number): number {
  let value = 0;
  let at = from;
  for (let scale = 1; ; scale *= 0x80) {
    const byte = bytes[at++] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) break;
  }
  found.value = value;
  found.end = at;
  return at;
}
