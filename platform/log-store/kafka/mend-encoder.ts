/** From this size on bytes are kept by reference instead of copied. */
const LARGE_BYTES = 4_096;
const TAIL_BYTES = 128;

/** The part of kafkajs' encoder that its other methods are made of. */
export interface Encoder {
  /** What was written last; `offset` says how much of it. */
  buf: Buffer;
  offset: number;
  /** What was written before. */
  parts?: Buffer[];
  readonly buffer: Buffer;
  size(): number;
  ensureAvailable(length: number): void;
  writeBufferInternal(bytes: Buffer): void;
  writeEncoder(value: Encoder): Encoder;
  writeEncoderArray(values: readonly Encoder[]): Encoder;
}

/**
 * Makes encoders keep large values by reference: kafkajs copies a value seven times on its way out, each time into memory it has filled with
 * zeros for nothing. The bytes must not change until they are sent.
 */
export function mendEncoder(prototype: Encoder): void {
  Object.defineProperties(prototype, {
    size: { value: sizeOf },
    ensureAvailable: { value: grow },
    writeBufferInternal: { value: write },
    writeEncoder: { value: writeEncoder },
    writeEncoderArray: { value: writeEncoders },
    buffer: { get: join },
  });
}

function sizeOf(this: Encoder): number {
  return (this.parts ?? []).reduce((sum, { length }) => sum + length, this.offset);
}

function grow(this: Encoder, length: number): void {
  const needed = this.offset + length;
  if (needed <= this.buf.length) return;
  const larger = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(needed + 1)));
  this.buf.copy(larger, 0, 0, this.offset);
  this.buf = larger;
}

function write(this: Encoder, bytes: Buffer): void {
  if (bytes.length >= LARGE_BYTES) {
    keep(this, bytes);
    return;
  }
  this.ensureAvailable(bytes.length);
  bytes.copy(this.buf, this.offset);
  this.offset += bytes.length;
}

/** What is written next goes into other memory: the present one may be kept by another encoder too. */
function keep(encoder: Encoder, bytes: Buffer): void {
  encoder.parts ??= [];
  if (encoder.offset > 0) encoder.parts.push(encoder.buf.subarray(0, encoder.offset));
  encoder.parts.push(bytes);
  encoder.buf = Buffer.allocUnsafe(TAIL_BYTES);
  encoder.offset = 0;
}

function writeEncoder(this: Encoder, value: Encoder): Encoder {
  for (const part of value.parts ?? []) this.writeBufferInternal(part);
  this.writeBufferInternal(value.buf.subarray(0, value.offset));
  return this;
}

function writeEncoders(this: Encoder, values: readonly Encoder[]): Encoder {
  for (const value of values) this.writeEncoder(value);
  return this;
}

/** All bytes in one piece, made once. */
function join(this: Encoder): Buffer {
  const tail = this.buf.subarray(0, this.offset);
  if (this.parts === undefined) return tail;
  if (this.parts.length > 1 || this.offset > 0) {
    this.parts = [Buffer.concat([...this.parts, tail])];
    this.buf = Buffer.allocUnsafe(TAIL_BYTES);
    this.offset = 0;
  }
  return this.parts[0] ?? tail;
}
