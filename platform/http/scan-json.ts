import { type ByteSource, sourceOf } from '../../schemas/byte-cache.ts';
import { MAX_JSON_DEPTH, MAX_JSON_KEYS } from './body-limits.ts';

export type JsonDefect = 'too_deep' | 'too_many_keys' | 'forbidden_key';

const quote = 0x22;
const colon = 0x3a;
const openArray = 0x5b;
const backslash = 0x5c;
const closeArray = 0x5d;
const openObject = 0x7b;
const closeObject = 0x7d;
const underscore = 0x5f;
const letterC = 0x63;
const letterP = 0x70;

const wordBytes = 4;
const quotes = 0x22222222;
const backslashes = 0x5c5c5c5c;
const ones = 0x01010101;
const highBits = 0x80808080;

/**
 * Looks for what makes JSON expensive or dangerous before it is parsed: more than 16 levels, more than 64 keys in one object,
 * `__proto__` or `constructor.prototype` keys (also written with escapes). One pass over the bytes, less than 1 ns each; undefined
 * when there is no such thing. It does not check the grammar: malformed text is left to JSON.parse.
 */
export function scanJson(bytes: Uint8Array): JsonDefect | undefined {
  const nesting = new Nesting(bytes);
  const source = sourceOf(bytes);
  const { length } = bytes;
  let stringStart = 0;
  let stringEnd = 0;
  let isEscaped = false;
  for (let at = 0; at < length; at++) {
    const byte = bytes[at] as number;
    if (byte === quote) {
      stringStart = at + 1;
      at = endOfPlain(source, stringStart);
      isEscaped = bytes[at] === backslash;
      at = endOfEscaped(source, at);
      stringEnd = at;
    } else if (byte >= colon) {
      const defect = byte === colon ? nesting.onKey(stringStart, stringEnd, isEscaped) : nesting.onBracket(byte);
      if (defect !== undefined) return defect;
    }
  }
  return undefined;
}

/** Index of the next quote or backslash, or of the end of the text. Four bytes at a time: it is most of the work. */
function endOfPlain({ bytes, view }: ByteSource, start: number): number {
  const { length } = bytes;
  let at = start;
  for (const last = length - wordBytes; at <= last; at += wordBytes) {
    const found = endsIn(view.getInt32(at, true));
    if (found !== 0) return at + ((31 - Math.clz32(found & -found)) >> 3);
  }
  for (; at < length; at++) {
    const byte = bytes[at];
    if (byte === quote || byte === backslash) break;
  }
  return at;
}

/** Not 0 when one of four bytes is a quote or a backslash; its lowest bit is in the first that is. Mycroft's test for a zero byte, of both differences. */
function endsIn(word: number): number {
  const fromQuote = word ^ quotes;
  const fromBackslash = word ^ backslashes;
  return (((fromQuote - ones) & ~fromQuote) | ((fromBackslash - ones) & ~fromBackslash)) & highBits;
}

/** Index of the quote that ends a string, from its first backslash on; `start` itself when there is no backslash. */
function endOfEscaped(source: ByteSource, start: number): number {
  let at = start;
  while (source.bytes[at] === backslash) at = endOfPlain(source, at + 2);
  return at;
}

/** Whether a key without escapes may be __proto__, prototype or constructor. */
function isSuspect(first: number | undefined, length: number): boolean {
  if (length === 9) return first === underscore || first === letterP;
  return length === 11 && first === letterC;
}

class Nesting {
  readonly #bytes: Uint8Array;
  readonly #keysAbove = new Uint8Array(MAX_JSON_DEPTH + 1);
  #depth = 0;
  #keys = 0;
  #isConstructorNext = false;
  // Bit n: what is open at depth n is the value of a `constructor` key.
  #constructors = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  onKey(start: number, end: number, isEscaped: boolean): JsonDefect | undefined {
    if (++this.#keys > MAX_JSON_KEYS) return 'too_many_keys';
    this.#isConstructorNext = false;
    if (!isEscaped && !isSuspect(this.#bytes[start], end - start)) return undefined;
    return this.#onSuspectKey(this.#keyText(start, end, isEscaped));
  }

  onBracket(byte: number): JsonDefect | undefined {
    if (byte === openObject || byte === openArray) return this.#open();
    if (byte === closeObject || byte === closeArray) this.#close();
    return undefined;
  }

  #open(): JsonDefect | undefined {
    if (this.#depth === MAX_JSON_DEPTH) return 'too_deep';
    this.#keysAbove[this.#depth] = this.#keys;
    this.#keys = 0;
    this.#depth++;
    if (this.#isConstructorNext) this.#constructors |= 1 << this.#depth;
    this.#isConstructorNext = false;
    return undefined;
  }

  #close(): void {
    if (this.#depth === 0) return;
    this.#constructors &= ~(1 << this.#depth);
    this.#isConstructorNext = false; // Its value was no object: what comes next is not its.
    this.#depth--;
    this.#keys = this.#keysAbove[this.#depth] as number;
  }

  #onSuspectKey(key: string): JsonDefect | undefined {
    if (key === '__proto__') return 'forbidden_key';
    if (key === 'prototype' && (this.#constructors & (1 << this.#depth)) !== 0) return 'forbidden_key';
    this.#isConstructorNext = key === 'constructor';
    return undefined;
  }

  #keyText(start: number, end: number, isEscaped: boolean): string {
    const raw = Buffer.from(this.#bytes.subarray(start, end)).toString('utf8');
    if (!isEscaped) return raw;
    try {
      return JSON.parse(`"${raw}"`);
    } catch {
      // A malformed escape: JSON.parse of the whole text refuses it.
      return '';
    }
  }
}
