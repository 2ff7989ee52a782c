import { MAX_JSON_DEPTH, MAX_JSON_KEYS } from './body-limits.ts';

export type JsonDefect = 'too_deep' | 'too_many_keys' | 'forbidden_key';

const quote = 0x22;
const backslash = 0x5c;
const opensObject = 1;
const opensArray = 2;
const closes = 3;
const colon = 4;
const string = 5;

const kinds = new Uint8Array(256);
kinds[0x7b] = opensObject;
kinds[0x5b] = opensArray;
kinds[0x7d] = closes;
kinds[0x5d] = closes;
kinds[0x3a] = colon;
kinds[quote] = string;

/**
 * Looks for what makes JSON expensive or dangerous before it is parsed: more than 16 levels, more than 64 keys in one object,
 * `__proto__` or `constructor.prototype` keys (also written with escapes). One pass over the bytes, about 1 ns each; undefined
 * when there is no such thing. It does not check the grammar: malformed text is left to JSON.parse.
 */
export function scanJson(bytes: Uint8Array): JsonDefect | undefined {
  const scan = new Scan(bytes);
  const { length } = bytes;
  for (let at = 0; at < length; at++) {
    const kind = kinds[bytes[at] as number] as number;
    if (kind === 0) continue;
    if (kind === string) {
      at = scan.skipString(at + 1);
      continue;
    }
    const defect = scan.onStructure(kind);
    if (defect !== undefined) return defect;
  }
  return undefined;
}

class Scan {
  readonly #bytes: Uint8Array;
  readonly #keys = new Uint8Array(MAX_JSON_DEPTH + 1);
  #depth = 0;
  // The last string seen, which is the key when a colon follows.
  #keyStart = 0;
  #keyEnd = 0;
  #isKeyEscaped = false;
  #isConstructorNext = false;
  // Bit n: the object at depth n is the value of a `constructor` key.
  #constructors = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Index of the quote that ends the string beginning at `start`; the length of the text when none does. */
  skipString(start: number): number {
    const bytes = this.#bytes;
    const { length } = bytes;
    let at = start;
    let isEscaped = false;
    for (; at < length; at++) {
      const byte = bytes[at] as number;
      if (byte === quote) break;
      if (byte !== backslash) continue;
      isEscaped = true;
      at++;
    }
    this.#keyStart = start;
    this.#keyEnd = at;
    this.#isKeyEscaped = isEscaped;
    return at;
  }

  onStructure(kind: number): JsonDefect | undefined {
    if (kind === colon) return this.#onKey();
    if (kind === closes) this.#depth = Math.max(0, this.#depth - 1);
    else return this.#onOpen(kind);
    return undefined;
  }

  #onOpen(kind: number): JsonDefect | undefined {
    if (++this.#depth > MAX_JSON_DEPTH) return 'too_deep';
    this.#keys[this.#depth] = 0;
    const bit = 1 << this.#depth;
    if (this.#isConstructorNext && kind === opensObject) this.#constructors |= bit;
    else this.#constructors &= ~bit;
    this.#isConstructorNext = false;
    return undefined;
  }

  #onKey(): JsonDefect | undefined {
    const keys = ((this.#keys[this.#depth] as number) + 1) as number;
    if (keys > MAX_JSON_KEYS) return 'too_many_keys';
    this.#keys[this.#depth] = keys;
    const length = this.#keyEnd - this.#keyStart;
    const first = this.#bytes[this.#keyStart];
    const isPlain = !this.#isKeyEscaped && !(length === 9 && (first === 0x5f || first === 0x70)) && length !== 11;
    this.#isConstructorNext = false;
    return isPlain ? undefined : this.#onSuspectKey();
  }

  #onSuspectKey(): JsonDefect | undefined {
    const key = this.#key();
    if (key === '__proto__') return 'forbidden_key';
    if (key === 'prototype' && (this.#constructors & (1 << this.#depth)) !== 0) return 'forbidden_key';
    this.#isConstructorNext = key === 'constructor';
    return undefined;
  }

  #key(): string {
    const text = Buffer.from(
      this.#bytes.buffer,
      this.#bytes.byteOffset + this.#keyStart,
      this.#keyEnd - this.#keyStart,
    );
    if (!this.#isKeyEscaped) return text.toString('latin1');
    try {
      return JSON.parse(`"${text.toString('utf8')}"`);
    } catch {
      // A malformed escape: JSON.parse of the whole body refuses it.
      return '';
    }
  }
}
