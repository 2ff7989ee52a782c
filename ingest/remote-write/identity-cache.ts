import { ByteCache, type ByteSource } from '../../schemas/byte-cache.ts';
import type { SeriesIdentity } from './accept-labels.ts';
import { REMOTE_WRITE_LIMITS } from './limits.ts';

/** Of the objects of an identity and of what is prepared of it, about. */
const bytesPerIdentity = 600;
/** Characters of an identity are there as texts and as bytes of a record. */
const bytesPerCharacter = 2;

/** Remembers what the labels of a series, as bytes, say: the same ones come in every request. */
export class IdentityCache {
  readonly #entries: ByteCache<SeriesIdentity>;

  constructor(maxBytes: number = REMOTE_WRITE_LIMITS.rememberedBytes) {
    this.#entries = new ByteCache(maxBytes);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The identity that came after the last one the time before, when its bytes are those from `start` on. */
  follow(source: ByteSource, start: number, end: number): { value: SeriesIdentity; length: number } | undefined {
    return this.#entries.follow(source, start, end);
  }

  /** The identity kept under the bytes of a range, else what `read` makes of them, kept from now on. */
  get(source: ByteSource, { start, end }: { start: number; end: number }, read: () => SeriesIdentity): SeriesIdentity {
    const known = this.#entries.find(source, start, end);
    if (known !== undefined) return known.value;
    const value = read();
    this.#entries.add(source, { start, end, value, cost: bytesPerIdentity + bytesPerCharacter * value.bytes });
    return value;
  }
}
