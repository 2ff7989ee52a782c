import type { EventCount } from '../../schemas/slo/slo-figures.ts';
import { overlapMs, type Span } from '../../schemas/spans.ts';
import type { Arena } from '../memory/arena.ts';
import type { ByteBuffer } from '../native/byte-buffer.ts';
import type { ByteReader } from '../snapshots/byte-reader.ts';
import { MinuteBlock } from './minute-block.ts';
import { PackedHours } from './packed-hours.ts';

export const MINUTE_MS = 60_000;
/** No hour since the epoch is this one. */
const noHour = -1;
/** Shared, because most of a hundred thousand series have few. */
const noBlocks: readonly MinuteBlock[] = [];
export const HOUR_MS = 3_600_000;

/** How long counts are kept, hours. */
export interface Keeping {
  /** The present hour: whole hours since the epoch. */
  hour: number;
  minuteHours: number;
  hours: number;
  /** Hours whose minutes are needed longer, because a window or a maintenance begins or ends within them. */
  cutHours: ReadonlySet<number>;
}

/**
 * How many events a series had, and how many of them missed their target: by the minute for recent hours and those that are cut, by the hour before. Exact
 * for any spans of whole minutes in the first, of whole hours in the second; of an hour without minutes a span that cuts it counts in proportion.
 */
export class EventCounts {
  readonly #arena: Arena;
  #hours: PackedHours;
  /** In order of time. An hour is either here or among `#hours`, but for what came when its minutes were gone. */
  #blocks: readonly MinuteBlock[] = noBlocks;
  /** Of hours before this one, no more minutes are begun. */
  #minutesFrom = 0;
  #lastHour = noHour;
  #lastBlock: MinuteBlock | undefined;
  /** The last sum of `#hours`, which holds for an hour mostly. */
  #sumOfHours: { edges: readonly number[]; sum: EventCount } | undefined;

  constructor(arena: Arena) {
    this.#arena = arena;
    this.#hours = new PackedHours(arena);
  }

  get isEmpty(): boolean {
    return this.#blocks.length === 0 && this.#hours.isEmpty;
  }

  /** `at`: milliseconds since the epoch. */
  add(at: number, isBad: boolean): void {
    const hour = Math.floor(at / HOUR_MS);
    const block = hour === this.#lastHour ? this.#lastBlock : this.#blockOf(hour);
    if (block === undefined) this.#addToHours(hour, { events: 1, bad: isBad ? 1 : 0 });
    else block.add(Math.floor((at - hour * HOUR_MS) / MINUTE_MS), isBad);
  }

  /** What fell into the spans: whole minutes, in order, disjoint. */
  sum(spans: readonly Span[]): EventCount {
    const first = spans[0];
    if (first === undefined) return { events: 0, bad: 0 };
    // Apart, because only these can be fractions, whose sum depends on the order.
    const ofHours = (this.#hours.last + 1) * HOUR_MS > first.from ? this.#sumHours(spans) : { events: 0, bad: 0 };
    const ofMinutes = this.#sumMinutes(spans);
    return { events: ofHours.events + ofMinutes.events, bad: ofHours.bad + ofMinutes.bad };
  }

  /** Minutes with events within a span, ascending: the milliseconds at which they begin. */
  minutesIn({ from, to }: Span): number[] {
    const minutes: number[] = [];
    for (const block of this.#blocks) {
      const start = block.hour * HOUR_MS;
      if (start >= to || start + HOUR_MS <= from) continue;
      block.visit((minute) => {
        const at = start + minute * MINUTE_MS;
        if (at >= from && at < to) minutes.push(at);
      });
    }
    return minutes;
  }

  /** Packs what is rarely changed from now on, and forgets what is too old. Returns whether counts went. */
  tidy({ hour: now, minuteHours, hours, cutHours }: Keeping): boolean {
    let hasChanged = false;
    this.#lastHour = noHour;
    this.#minutesFrom = Math.max(this.#minutesFrom, now - minuteHours);
    const isKept = (hour: number) => hour >= this.#minutesFrom || (cutHours.has(hour) && hour >= now - hours);
    for (const block of this.#blocks) {
      if (block.hour < now - 1) block.pack();
      if (isKept(block.hour)) continue;
      this.#addToHours(block.hour, block);
      block.release();
      hasChanged = true;
    }
    if (hasChanged) this.#blocks = this.#blocks.filter(({ hour }) => isKept(hour));
    const wasEmpty = this.#hours.isEmpty;
    this.#sumOfHours = undefined;
    this.#hours.dropBefore(now - hours);
    return hasChanged || this.#hours.isEmpty !== wasEmpty;
  }

  snapshot(out: ByteBuffer): void {
    out.writeFloat64(this.#minutesFrom);
    this.#hours.snapshot(out);
    out.writeVaruint(this.#blocks.length);
    for (const block of this.#blocks) {
      out.writeInt64(block.hour);
      block.snapshot(out);
    }
  }

  /** Gives its memory back; nothing may be asked of it afterwards. */
  release(): void {
    this.#hours.release();
    for (const block of this.#blocks) block.release();
  }

  static restore(input: ByteReader, arena: Arena): EventCounts {
    const counts = new EventCounts(arena);
    counts.#minutesFrom = input.readFloat64();
    counts.#hours = PackedHours.restore(input, arena);
    const length = input.readVaruint();
    if (length > 0)
      counts.#blocks = Array.from({ length }, () => MinuteBlock.restore(input, { hour: input.readInt64(), arena }));
    return counts;
  }

  #blockOf(hour: number): MinuteBlock | undefined {
    let block = this.#blocks.findLast((one) => one.hour <= hour);
    if (block?.hour !== hour) block = hour < this.#minutesFrom ? undefined : this.#begin(hour);
    this.#lastHour = hour;
    this.#lastBlock = block;
    return block;
  }

  #begin(hour: number): MinuteBlock {
    const block = new MinuteBlock(hour, this.#arena);
    this.#blocks = [...this.#blocks, block].sort((a, b) => a.hour - b.hour);
    return block;
  }

  #addToHours(hour: number, count: EventCount): void {
    this.#hours.add(hour, count);
    this.#sumOfHours = undefined;
  }

  #sumHours(spans: readonly Span[]): EventCount {
    const end = (this.#hours.last + 1) * HOUR_MS;
    const edges = spans.filter(({ from }) => from < end).flatMap(({ from, to }) => [from, Math.min(to, end)]);
    const known = this.#sumOfHours;
    if (known !== undefined && isSame(known.edges, edges)) return known.sum;
    const sum = { events: 0, bad: 0 };
    this.#hours.visit((hour, events, bad) => {
      const share = shareOf(hour, spans);
      sum.events += events * share;
      sum.bad += bad * share;
    });
    this.#sumOfHours = { edges, sum };
    return sum;
  }

  #sumMinutes(spans: readonly Span[]): EventCount {
    const sum = { events: 0, bad: 0 };
    for (const block of this.#blocks) {
      const { hour } = block;
      const share = shareOf(hour, spans);
      if (share === 0) continue;
      if (share === 1) {
        sum.events += block.events;
        sum.bad += block.bad;
        continue;
      }
      block.visit((minute, events, bad) => {
        const from = hour * HOUR_MS + minute * MINUTE_MS;
        if (overlapMs({ from, to: from + MINUTE_MS }, spans) === 0) return;
        sum.events += events;
        sum.bad += bad;
      });
    }
    return sum;
  }
}

const isSame = (one: readonly number[], other: readonly number[]): boolean =>
  one.length === other.length && one.every((value, index) => value === other[index]);

const shareOf = (hour: number, spans: readonly Span[]): number =>
  overlapMs({ from: hour * HOUR_MS, to: (hour + 1) * HOUR_MS }, spans) / HOUR_MS;
