import { DUPLICATE_WINDOW_MS } from '../duplicates.ts';
import { ByteBuffer } from '../native/byte-buffer.ts';
import { ByteReader } from '../snapshots/byte-reader.ts';
import { hash32 } from './hash.ts';

/** Ids of one part of a snapshot: full parts never change again. */
export const IDS_PER_CHUNK = 1_024;
/** By how much the clocks of ingest processes may differ. */
export const MAX_CLOCK_SKEW_MS = 3_600_000;
const keptMs = DUPLICATE_WINDOW_MS + MAX_CLOCK_SKEW_MS;
const secondSeed = 0x9e3779b9;
const initialSlots = 64;
/** Of the index. */
const maxLoad = 0.5;

/**
 * The ids that clients gave the events of one tenant within 24 hours, as hashes of 64 bits: 16 bytes an id and 8 of the index. (Of 10 million
 * ids a day, one is taken for another once in 370,000 days.) Ids lie in the order of the log; old ones go in whole chunks.
 */
export class SeenIds {
  #high = new Uint32Array(0);
  #low = new Uint32Array(0);
  #receivedAt = new Float64Array(0);
  #count = 0;
  /** Number of the chunk the first id is in. */
  #firstChunk = 0;
  #newest = Number.NEGATIVE_INFINITY;
  /** Position + 1 of the latest id of a hash, or 0; open addressing. */
  #index = new Uint32Array(initialSlots);
  #changedFrom = 0;
  readonly #droppedChunks: number[] = [];

  /** Whether the id was seen at most 24 hours before, in which case nothing changes; else it is seen now. */
  isRepeated(id: string, receivedAt: number): boolean {
    const high = hash32(id);
    const low = hash32(id, secondSeed);
    const position = this.#find(high, low);
    const before = position === undefined ? Number.NEGATIVE_INFINITY : (this.#receivedAt[position] ?? 0);
    // What is older than all that is kept counts as gone, whether or not it is.
    const isKept = before >= this.#newest - keptMs;
    if (isKept && receivedAt - before <= DUPLICATE_WINDOW_MS) return true;
    this.#add(high, low, receivedAt);
    // Whenever snapshots are taken: what they hold is a function of the log, too.
    if (this.#count % IDS_PER_CHUNK === 0) this.#dropExpired();
    return false;
  }

  /** The chunks that changed since the last call, by number; empty ones are gone. */
  takeChunks(): Map<number, Uint8Array> {
    const chunks = new Map<number, Uint8Array>();
    for (const chunk of this.#droppedChunks.splice(0)) chunks.set(chunk, new Uint8Array(0));
    if (this.#changedFrom === this.#count) return chunks;
    const first = Math.floor(this.#changedFrom / IDS_PER_CHUNK);
    for (let chunk = first; chunk * IDS_PER_CHUNK < this.#count; chunk++) {
      chunks.set(this.#firstChunk + chunk, this.#encodeChunk(chunk * IDS_PER_CHUNK));
    }
    this.#changedFrom = this.#count;
    return chunks;
  }

  /** Takes back a chunk; in the order of their numbers. */
  restoreChunk(number: number, bytes: Uint8Array): void {
    if (this.#count === 0) this.#firstChunk = number;
    const input = new ByteReader(bytes);
    while (!input.isAtEnd) this.#add(input.readUint32(), input.readUint32(), input.readInt64());
    this.#changedFrom = this.#count;
  }

  #find(high: number, low: number): number | undefined {
    const mask = this.#index.length - 1;
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      const position = (this.#index[slot] ?? 0) - 1;
      if (position < 0) return undefined;
      if (this.#high[position] === high && this.#low[position] === low) return position;
    }
  }

  #add(high: number, low: number, receivedAt: number): void {
    if (this.#count === this.#high.length) this.#grow();
    this.#high[this.#count] = high;
    this.#low[this.#count] = low;
    this.#receivedAt[this.#count] = receivedAt;
    this.#newest = Math.max(this.#newest, receivedAt);
    this.#count += 1;
    this.#point(this.#count - 1);
  }

  /** The latest of equal ids is the one that is found. */
  #point(position: number): void {
    const mask = this.#index.length - 1;
    let slot = (this.#low[position] ?? 0) & mask;
    for (;;) {
      const taken = (this.#index[slot] ?? 0) - 1;
      if (taken < 0 || (this.#high[taken] === this.#high[position] && this.#low[taken] === this.#low[position])) break;
      slot = (slot + 1) & mask;
    }
    this.#index[slot] = position + 1;
  }

  #grow(): void {
    this.#move(0, Math.max(2 * this.#count, initialSlots * maxLoad));
  }

  #dropExpired(): void {
    const chunks = Math.floor(this.#count / IDS_PER_CHUNK);
    let expired = 0;
    while (expired < chunks && this.#isExpired(expired * IDS_PER_CHUNK)) expired += 1;
    // Moving costs as much as what is kept: wait until that is no more than what goes.
    if (expired === 0 || 2 * expired * IDS_PER_CHUNK < this.#count) return;
    for (let chunk = 0; chunk < expired; chunk++) this.#droppedChunks.push(this.#firstChunk + chunk);
    this.#firstChunk += expired;
    this.#changedFrom = Math.max(0, this.#changedFrom - expired * IDS_PER_CHUNK);
    this.#move(expired * IDS_PER_CHUNK, Math.max(this.#count - expired * IDS_PER_CHUNK, initialSlots * maxLoad));
  }

  #isExpired(from: number): boolean {
    const chunk = this.#receivedAt.subarray(from, from + IDS_PER_CHUNK);
    return chunk.every((receivedAt) => receivedAt < this.#newest - keptMs);
  }

  /** Keeps the ids from a position on, with room for so many. */
  #move(from: number, capacity: number): void {
    const high = new Uint32Array(capacity);
    const low = new Uint32Array(capacity);
    const receivedAt = new Float64Array(capacity);
    high.set(this.#high.subarray(from, this.#count));
    low.set(this.#low.subarray(from, this.#count));
    receivedAt.set(this.#receivedAt.subarray(from, this.#count));
    this.#high = high;
    this.#low = low;
    this.#receivedAt = receivedAt;
    this.#count -= from;
    this.#index = new Uint32Array(2 ** Math.ceil(Math.log2(capacity / maxLoad)));
    for (let position = 0; position < this.#count; position++) this.#point(position);
  }

  #encodeChunk(from: number): Uint8Array {
    const out = new ByteBuffer();
    for (let position = from; position < Math.min(from + IDS_PER_CHUNK, this.#count); position++) {
      out.writeUint32(this.#high[position] ?? 0);
      out.writeUint32(this.#low[position] ?? 0);
      out.writeInt64(this.#receivedAt[position] ?? 0);
    }
    return out.written.slice();
  }
}
