import type { SeriesIdentity } from './accept-labels.ts';
import { REMOTE_WRITE_LIMITS } from './limits.ts';

/** Remembers what the labels of a series, as bytes, say: the same ones come in every request. */
export class IdentityCache {
  readonly #maxBytes: number;
  // Two generations instead of a list ordered by use: a look-up in the young one costs nothing extra.
  #young = new Map<string, SeriesIdentity>();
  #old = new Map<string, SeriesIdentity>();
  #bytes = 0;

  constructor(maxBytes: number = REMOTE_WRITE_LIMITS.rememberedBytes) {
    this.#maxBytes = maxBytes;
  }

  /** The identity kept under the bytes (as Latin-1 text), else what `read` makes of them, kept from now on. */
  get(key: string, read: () => SeriesIdentity): SeriesIdentity {
    const known = this.#young.get(key);
    if (known !== undefined) return known;
    const identity = this.#old.get(key) ?? read();
    this.#bytes += costOf(key, identity);
    if (this.#bytes > this.#maxBytes / 2) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#bytes = costOf(key, identity);
    }
    this.#young.set(key, identity);
    return identity;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }
}

const bytesPerIdentity = 400;

/** In memory, about. */
const costOf = (key: string, { bytes }: SeriesIdentity): number => bytesPerIdentity + key.length + bytes;
