const utf8 = new TextDecoder();
const two32 = 2 ** 32;

/** Reads what {@link ByteBuffer} wrote, in the same order. Throws a RangeError behind the end. */
export class ByteReader {
  #at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    // Of a Buffer, `slice` would be a view, and keep all of it in memory.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  readUint8(): number {
    return this.#view.getUint8(this.#move(1));
  }

  readUint32(): number {
    return this.#view.getUint32(this.#move(4), true);
  }

  /** Any whole number a double holds exactly. */
  readInt64(): number {
    const at = this.#move(8);
    return this.#view.getInt32(at + 4, true) * two32 + this.#view.getUint32(at, true);
  }

  readFloat64(): number {
    return this.#view.getFloat64(this.#move(8), true);
  }

  readVaruint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new RangeError('the bytes end before what was to be read');
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  readVarint(): number {
    const value = this.readVaruint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  readString(): string {
    return utf8.decode(this.readBytes(this.readVaruint()));
  }

  /** A view of the bytes read from. */
  readBytes(count: number): Uint8Array {
    const at = this.#move(count);
    if (this.#at > this.#bytes.length) throw new RangeError('the bytes end before what was to be read');
    return this.#bytes.subarray(at, this.#at);
  }

  #move(count: number): number {
    this.#at += count;
    return this.#at - count;
  }
}
