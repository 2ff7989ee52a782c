import type { EventCount } from '../../schemas/slo/slo-figures.ts';
import type { ByteBuffer } from '../native/byte-buffer.ts';
import type { ByteReader } from '../snapshots/byte-reader.ts';

const growth = 1.5;
const minRoom = 8;
const noBytes = new Uint8Array(0);

/** Where the next number is, and the number read last: so that reading makes no objects. */
const found = { value: 0, end: 0 };

/**
 * Counts of hours (whole hours since the epoch), ascending, packed into two to five bytes an hour: the step from the hour before, the events, the bad ones.
 * A year of busy hours is about 26 KB.
 */
export class PackedHours {
  #bytes = noBytes;
  #length = 0;
  /** The hour the first step begins at. */
  #base = 0;
  #last = Number.NEGATIVE_INFINITY;

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** The latest hour; -Infinity when there is none. */
  get last(): number {
    return this.#last;
  }

  add(hour: number, { events, bad }: EventCount): void {
    if (hour > this.#last) this.#append(hour, events, bad);
    else this.#merge(hour, { events, bad });
  }

  /** Every hour in order. */
  visit(see: (hour: number, events: number, bad: number) => void): void {
    let hour = this.#base;
    for (let at = 0; at < this.#length; ) {
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
    if (this.#length === 0 || this.#base >= first) return;
    const kept = new PackedHours();
    this.visit((hour, events, bad) => {
      if (hour >= first) kept.#append(hour, events, bad);
    });
    this.#take(kept);
  }

  snapshot(out: ByteBuffer): void {
    out.writeInt64(this.#base);
    out.writeVaruint(this.#length);
    out.writeBytes(this.#bytes.subarray(0, this.#length));
  }

  static restore(input: ByteReader): PackedHours {
    const hours = new PackedHours();
    hours.#base = input.readInt64();
    hours.#bytes = input.readBytes(input.readVaruint()).slice();
    hours.#length = hours.#bytes.length;
    hours.visit((hour) => {
      hours.#last = hour;
    });
    return hours;
  }

  #append(hour: number, events: number, bad: number): void {
    if (this.#length === 0) this.#base = hour;
    this.#write(this.#length === 0 ? 0 : hour - this.#last);
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
    const merged = new PackedHours();
    for (const [other, { events, bad }] of [...all].sort(([a], [b]) => a - b)) merged.#append(other, events, bad);
    this.#take(merged);
  }

  #take(other: PackedHours): void {
    this.#bytes = other.#bytes;
    this.#length = other.#length;
    this.#base = other.#base;
    this.#last = other.#last;
  }

  #write(value: number): void {
    if (this.#length + minRoom > this.#bytes.length) {
      const grown = new Uint8Array(Math.ceil(this.#length * growth) + minRoom);
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
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
