import { type ByteSource, sourceOf } from './byte-cache.ts';

const two28 = 2 ** 28;
const moreBit = 0x80;
const dataBits = 0x7f;
const shortVarintBits = 28;
const longestShift = 42;

/** The bytes are not what was expected of them, which need not mean that they are wrong. */
export class UnexpectedBytesError extends Error {
  override name = 'UnexpectedBytesError';
}

/** Reads values in Avro's binary encoding, one after the other. RangeError beyond the end, UnexpectedBytesError for what is seldom written. */
export class AvroReader implements ByteSource {
  readonly bytes: Buffer;
  readonly view: DataView;
  pos: number;

  constructor(bytes: Uint8Array, pos: number) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.view = sourceOf(bytes).view;
    this.pos = pos;
  }

  get isAtEnd(): boolean {
    return this.pos === this.bytes.length;
  }

  /** An int or a long that a double holds exactly. */
  long(): number {
    const { view } = this;
    let low = 0;
    for (let shift = 0; shift < shortVarintBits; shift += 7) {
      const byte = view.getUint8(this.pos++);
      low |= (byte & dataBits) << shift;
      if (byte < moreBit) return (low >>> 1) ^ -(low & 1);
    }
    return this.#longer(low);
  }

  #longer(low: number): number {
    let high = 0;
    let scale = 1;
    for (let shift = shortVarintBits; shift <= longestShift; shift += 7) {
      const byte = this.view.getUint8(this.pos++);
      high += (byte & dataBits) * scale;
      scale *= moreBit;
      if (byte < moreBit) {
        const zigzag = high * two28 + low;
        return low & 1 ? -(zigzag + 1) / 2 : zigzag / 2;
      }
    }
    throw new UnexpectedBytesError('a very large number');
  }

  /** A number of items or of bytes. */
  count(): number {
    const count = this.long();
    if (count < 0) throw new UnexpectedBytesError('a negative count');
    return count;
  }

  boolean(): boolean {
    const byte = this.view.getUint8(this.pos++);
    if (byte > 1) throw new UnexpectedBytesError('neither true nor false');
    return byte === 1;
  }

  double(): number {
    const value = this.view.getFloat64(this.pos, true);
    this.pos += 8;
    return value;
  }

  string(): string {
    const start = this.skipString();
    return this.bytes.toString('utf8', start, this.pos);
  }

  /** Returns where the bytes of the text begin; they end at the position. */
  skipString(): number {
    const length = this.count();
    const start = this.pos;
    this.pos += length;
    if (this.pos > this.bytes.length) throw new RangeError('a text beyond the end');
    return start;
  }
}
