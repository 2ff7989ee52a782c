const initialBytes = 1024;
/** Up to this many characters a loop over the code units is faster than a call of the encoder (measured). */
const shortString = 48;
const two32 = 2 ** 32;
const utf8 = new TextEncoder();

/** A buffer of little-endian values that doubles when full and keeps its memory when cleared. */
export class ByteBuffer {
  length = 0;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(initialBytes);
  #view: DataView<ArrayBuffer> = new DataView(this.#bytes.buffer);

  /** What was written since the last `clear`: a view, valid until the next write. */
  get written(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.length);
  }

  clear(): void {
    this.length = 0;
  }

  writeUint8(value: number): void {
    this.#reserve(1);
    this.#bytes[this.length++] = value;
  }

  writeUint16(value: number): void {
    this.#reserve(2);
    this.#view.setUint16(this.length, value, true);
    this.length += 2;
  }

  writeUint32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.length, value, true);
    this.length += 4;
  }

  /** Signed or unsigned, any whole number a double holds exactly. */
  writeInt64(value: number): void {
    this.#reserve(8);
    this.#view.setUint32(this.length, value % two32, true);
    this.#view.setInt32(this.length + 4, Math.floor(value / two32), true);
    this.length += 8;
  }

  writeFloat64(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  writeBytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** What was written from one position to another, once more. */
  writeAgain(start: number, end: number): void {
    this.#reserve(end - start);
    this.#bytes.copyWithin(this.length, start, end);
    this.length += end - start;
  }

  /** LEB128, any whole number from 0 that a double holds exactly. */
  writeVaruint(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes[this.length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.length++] = rest;
  }

  /** Any whole number, small ones of either sign in few bytes (zigzag). */
  writeVarint(value: number): void {
    this.writeVaruint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** The length in bytes as a varuint, then UTF-8. */
  writeString(value: string): void {
    if (value.length > shortString || !this.#writeShortAscii(value)) this.#writeUtf8(value);
  }

  #writeShortAscii(value: string): boolean {
    const count = value.length;
    this.#reserve(count + 1);
    const bytes = this.#bytes;
    let at = this.length;
    bytes[at++] = count;
    for (let i = 0; i < count; i++) {
      const unit = value.charCodeAt(i);
      if (unit > 0x7f) return false;
      bytes[at++] = unit;
    }
    this.length = at;
    return true;
  }

  #writeUtf8(value: string): void {
    const encoded = utf8.encode(value);
    this.writeVaruint(encoded.length);
    this.writeBytes(encoded);
  }

  #reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.written);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}
