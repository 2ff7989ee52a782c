/** Bytes that are being read, and a view of the same ones. */
export interface ByteSource {
  bytes: Uint8Array;
  view: DataView;
}

export const sourceOf = (bytes: Uint8Array): ByteSource => ({
  bytes,
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
});

/** A value kept under some bytes. */
export interface CacheEntry<Value> {
  readonly value: Value;
  /** Of the bytes. */
  readonly length: number;
}

interface Kept<Value> extends CacheEntry<Value> {
  cost: number;
  generation: number;
  /** Where the bytes are kept. */
  view: DataView;
  at: number;
  /** What was asked for after it the last time. */
  next: Kept<Value> | undefined;
}

interface NewEntry<Value> {
  start: number;
  end: number;
  value: Value;
  /** What the value takes, bytes. */
  cost: number;
}

const slabBytes = 256 * 1024;
const entryBytes = 160;
const wordBytes = 4;
const stepBytes = 4 * wordBytes;

/**
 * Values kept under bytes, which are compared where they lie: no text is made of them. What comes in the order it came in before is found
 * without a hash. Holds at most about `maxBytes`; the least recently used half is forgotten at that point.
 */
export class ByteCache<Value> {
  readonly #maxBytes: number;
  // Two generations instead of a list ordered by use: a look-up in the young one costs nothing extra.
  #young = new Map<number, Kept<Value>>();
  #old = new Map<number, Kept<Value>>();
  #generation = 0;
  #bytes = 0;
  #last: Kept<Value> | undefined;
  #slab: DataView = new DataView(new ArrayBuffer(0));
  #used = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** What was asked for after the last entry the time before, when its bytes are those from `start` on; they do not go beyond `end`. */
  follow({ view }: ByteSource, start: number, end: number): CacheEntry<Value> | undefined {
    const next = this.#last?.next;
    if (next === undefined || next.generation !== this.#generation || start + next.length > end) return undefined;
    if (!isEqual(view, start, next)) return undefined;
    this.#last = next;
    return next;
  }

  /** The value kept under the bytes from `start` to `end`. */
  find({ view }: ByteSource, start: number, end: number): CacheEntry<Value> | undefined {
    const hash = hashOf(view, start, end);
    const known = this.#young.get(hash) ?? this.#old.get(hash);
    if (known === undefined || known.length !== end - start || !isEqual(view, start, known)) return undefined;
    if (known.generation === this.#generation) return this.#link(known);
    return this.#keep(view, hash, { start, end, value: known.value, cost: known.cost });
  }

  /** Keeps a value under the bytes from `start` to `end`. */
  add({ view }: ByteSource, entry: NewEntry<Value>): CacheEntry<Value> {
    return this.#keep(view, hashOf(view, entry.start, entry.end), entry);
  }

  // One entry a hash: of two whose hashes are equal the later is kept.
  #keep(source: DataView, hash: number, { start, end, value, cost }: NewEntry<Value>): Kept<Value> {
    const length = end - start;
    const bytes = entryBytes + length + cost;
    if (this.#bytes + bytes > this.#maxBytes / 2) this.#age();
    this.#bytes += bytes;
    const at = this.#copy(source, start, length);
    const entry = { value, length, cost, generation: this.#generation, view: this.#slab, at, next: undefined };
    this.#young.set(hash, entry);
    return this.#link(entry);
  }

  #age(): void {
    this.#old = this.#young;
    this.#young = new Map();
    this.#generation += 1;
    this.#bytes = 0;
    this.#slab = new DataView(new ArrayBuffer(0));
    this.#used = 0;
  }

  // To those of its own generation or a later one: what was forgotten is held by nothing.
  #link(entry: Kept<Value>): Kept<Value> {
    if (this.#last !== undefined) this.#last.next = entry;
    this.#last = entry;
    return entry;
  }

  #copy(source: DataView, start: number, length: number): number {
    if (this.#used + length > this.#slab.byteLength) {
      this.#slab = new DataView(new ArrayBuffer(Math.max(slabBytes, length)));
      this.#used = 0;
    }
    const at = this.#used;
    bytesOf(this.#slab).set(bytesOf(source).subarray(start, start + length), at);
    this.#used += length;
    return at;
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: DataView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Four words at a time: faster than a call that compares all (measured). */
function isEqual(view: DataView, start: number, { view: kept, at, length }: Kept<unknown>): boolean {
  let done = 0;
  for (; done + stepBytes <= length; done += stepBytes) {
    if (difference(view, start + done, kept, at + done) !== 0) return false;
  }
  for (; done < length; done++) if (view.getUint8(start + done) !== kept.getUint8(at + done)) return false;
  return true;
}

// biome-ignore lint/complexity/useMaxParams: in the innermost loop an object would cost more than what is done with it
function difference(one: DataView, onePos: number, other: DataView, otherPos: number): number {
  return (
    (one.getInt32(onePos) ^ other.getInt32(otherPos)) |
    (one.getInt32(onePos + 4) ^ other.getInt32(otherPos + 4)) |
    (one.getInt32(onePos + 8) ^ other.getInt32(otherPos + 8)) |
    (one.getInt32(onePos + 12) ^ other.getInt32(otherPos + 12))
  );
}

/** 32 bits in the manner of MurmurHash2; they are kept nowhere. */
function hashOf(view: DataView, start: number, end: number): number {
  let hash = (end - start) | 0;
  let pos = start;
  for (; pos + wordBytes <= end; pos += wordBytes) {
    hash = Math.imul(hash ^ view.getInt32(pos), 0x5bd1e995);
    hash ^= hash >>> 15;
  }
  for (; pos < end; pos++) hash = Math.imul(hash ^ view.getUint8(pos), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 13), 0x5bd1e995);
  return hash ^ (hash >>> 15);
}
