const initialBytes = 64 * 1024;
/** A buffer that had to grow beyond this is dropped after use. */
const maxKeptBytes = 4 * 1024 * 1024;
const maxVarintBytes = 8;
/** Up to this many characters or bytes a loop is faster than a call that copies or encodes them (measured). */
const shortString = 48;
const two32 = 2 ** 32;
const utf8 = new TextEncoder();
const magic = [0xc3, 0x01];
const preambleBytes = 10;

/** What single-object encoding begins with: C3 01 and the fingerprint of the schema, little-endian. */
export function preambleOf(fingerprint: bigint): Uint8Array {
  const preamble = new Uint8Array(preambleBytes);
  preamble.set(magic);
  new DataView(preamble.buffer).setBigUint64(magic.length, fingerprint, true);
  return preamble;
}

/** Values in Avro's binary encoding, one after the other, in memory that is kept from use to use. */
export class AvroWriter {
  length = 0;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(initialBytes);
  #view: DataView<ArrayBuffer> = new DataView(this.#bytes.buffer);

  /** A copy of what was written, which is forgotten. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#bytes.slice(0, this.length);
    this.length = 0;
    if (this.#bytes.length > maxKeptBytes) this.#replace(new Uint8Array(initialBytes));
    return taken;
  }

  /** Forgets what was written: to be called before, since a write that threw leaves a part. */
  clear(): void {
    this.length = 0;
  }

  bytes(bytes: Uint8Array): void {
    const count = bytes.length;
    this.#reserve(count);
    if (count > shortString) this.#bytes.set(bytes, this.length);
    else for (let at = 0; at < count; at++) this.#bytes[this.length + at] = bytes[at] as number;
    this.length += count;
  }

  /** Characters of ASCII without their number: the rest of a string that has been begun. */
  ascii(text: string): void {
    this.#reserve(text.length);
    for (let unit = 0; unit < text.length; unit++) this.#bytes[this.length++] = text.charCodeAt(unit);
  }

  boolean(value: boolean): void {
    this.#reserve(1);
    this.#bytes[this.length++] = value ? 1 : 0;
  }

  double(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  /** An int or a long. TypeError for what is no whole number that a double holds exactly: a bug of the caller. */
  long(value: number): void {
    if (!Number.isSafeInteger(value)) throw new TypeError(`${value} is no long`);
    this.#reserve(maxVarintBytes);
    const doubled = (value >= 0 ? value : -value - 1) * 2;
    let low = doubled >>> 0;
    let high = (doubled - low) / two32;
    if (value < 0) low = (low | 1) >>> 0;
    for (; high > 0; high >>>= 7) {
      this.#bytes[this.length++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
    }
    for (; low > 0x7f; low >>>= 7) this.#bytes[this.length++] = (low & 0x7f) | 0x80;
    this.#bytes[this.length++] = low;
  }

  string(value: string): void {
    if (value.length <= shortString && this.#shortAscii(value)) return;
    const encoded = utf8.encode(value);
    this.long(encoded.length);
    this.bytes(encoded);
  }

  #shortAscii(value: string): boolean {
    const count = value.length;
    this.#reserve(count + 1);
    const bytes = this.#bytes;
    let at = this.length;
    bytes[at++] = count * 2;
    for (let unit = 0; unit < count; unit++) {
      const code = value.charCodeAt(unit);
      if (code > 0x7f) return false;
      bytes[at++] = code;
    }
    this.length = at;
    return true;
  }

  #reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.length));
    this.#replace(grown);
  }

  #replace(bytes: Uint8Array<ArrayBuffer>): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}
