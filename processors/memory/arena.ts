/** One large piece of memory, seen as numbers of one, two or four bytes. */
export interface Chunk {
  readonly bytes: Uint8Array;
  readonly shorts: Uint16Array;
  readonly words: Uint32Array;
}

/** No piece: what has nothing yet. */
export const NO_ADDRESS = -1;

const firstChunkBytes = 4_096;
const chunkBytes = 1_048_576;
/** Larger pieces have a chunk of their own. */
const maxSharedBytes = chunkBytes / 16;
/** Rooms are multiples of this, and of a sixteenth of their size: an odd byte costs little, and there are few kinds of them. */
const grain = 16;

/**
 * Memory for many small pieces that live long. An ArrayBuffer each would take some 400 bytes beside what is in it, and as much work of the collector;
 * a hundred thousand series have a million of them. A piece is an address: who takes it gives it back, or it is gone with the arena.
 */
export class Arena {
  readonly #chunks: (Chunk | undefined)[] = [];
  /** Places in `#chunks` that are free. */
  readonly #vacant: number[] = [];
  /** Addresses of pieces that were given back, by their room. */
  readonly #free = new Map<number, number[]>();
  #next = 0;
  #end = 0;
  #used = 0;

  /** Bytes in pieces that were taken and not given back. */
  get usedBytes(): number {
    return this.#used;
  }

  /** The address of a piece of {@link roomFor} `size` bytes, all zero. */
  take(size: number): number {
    const room = roomFor(size);
    this.#used += room;
    if (room > maxSharedBytes) return this.#addChunk(room);
    const address = this.#free.get(room)?.pop();
    if (address === undefined) return this.#cut(room);
    const at = offsetOf(address);
    this.chunkOf(address).bytes.fill(0, at, at + room);
    return address;
  }

  /** Takes back a piece of that size. */
  give(address: number, size: number): void {
    const room = roomFor(size);
    this.#used -= room;
    if (room > maxSharedBytes) {
      const place = address / chunkBytes;
      this.#chunks[place] = undefined;
      this.#vacant.push(place);
      return;
    }
    const free = this.#free.get(room);
    if (free === undefined) this.#free.set(room, [address]);
    else free.push(address);
  }

  /** Where the piece lies, from {@link offsetOf} its address on. */
  chunkOf(address: number): Chunk {
    const chunk = this.#chunks[Math.floor(address / chunkBytes)];
    if (chunk === undefined) throw new RangeError(`there is no memory at ${address}`);
    return chunk;
  }

  /** A piece of what was never taken. What is left of a chunk that is too small stays unused. */
  #cut(room: number): number {
    if (this.#next + room > this.#end) {
      const size = this.#chunks.length === 0 ? firstChunkBytes : chunkBytes;
      this.#next = this.#addChunk(Math.max(size, room));
      this.#end = this.#next + Math.max(size, room);
    }
    this.#next += room;
    return this.#next - room;
  }

  #addChunk(size: number): number {
    const buffer = new ArrayBuffer(size);
    const chunk = { bytes: new Uint8Array(buffer), shorts: new Uint16Array(buffer), words: new Uint32Array(buffer) };
    const place = this.#vacant.pop() ?? this.#chunks.length;
    this.#chunks[place] = chunk;
    return place * chunkBytes;
  }
}

/** Bytes that a piece of this size really has. */
export function roomFor(size: number): number {
  const step = size <= grain * grain ? grain : grain * 2 ** Math.floor(Math.log2(size / grain ** 2));
  return Math.max(grain, Math.ceil(size / step) * step);
}

/** Bytes before the piece in its chunk; a multiple of 16. */
export function offsetOf(address: number): number {
  return address % chunkBytes;
}
