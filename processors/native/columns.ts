import { ByteBuffer } from './byte-buffer.ts';

/** A column of one Native block. `push` appends the value of one row. */
export interface NativeColumn {
  /** The type as ClickHouse writes it. */
  readonly type: string;
  /** The serialization's state, which comes before the values of the whole column. */
  writePrefix(out: ByteBuffer): void;
  writeValues(out: ByteBuffer): void;
  clear(): void;
}

class PlainColumn {
  readonly type: string;
  protected readonly bytes = new ByteBuffer();

  constructor(type: string) {
    this.type = type;
  }

  writePrefix(_out: ByteBuffer): void {}

  writeValues(out: ByteBuffer): void {
    out.writeBytes(this.bytes.written);
  }

  clear(): void {
    this.bytes.clear();
  }
}

export class StringColumn extends PlainColumn implements NativeColumn {
  #last: string | undefined;
  #lastAt = 0;
  #lastEnd = 0;

  constructor() {
    super('String');
  }

  push(value: string): void {
    // As ids of batches are, row after row.
    if (value === this.#last) this.bytes.writeAgain(this.#lastAt, this.#lastEnd);
    else this.#pushNew(value);
  }

  /** Values one after the other, each as its length in bytes and UTF-8. */
  pushWritten(values: Uint8Array): void {
    this.bytes.writeBytes(values);
  }

  override clear(): void {
    this.#last = undefined;
    super.clear();
  }

  #pushNew(value: string): void {
    this.#lastAt = this.bytes.length;
    this.bytes.writeString(value);
    this.#lastEnd = this.bytes.length;
    this.#last = value;
  }
}

export class Float64Column extends PlainColumn implements NativeColumn {
  constructor() {
    super('Float64');
  }

  push(value: number): void {
    this.bytes.writeFloat64(value);
  }
}

export class BoolColumn extends PlainColumn implements NativeColumn {
  constructor() {
    super('Bool');
  }

  push(value: boolean): void {
    this.bytes.writeUint8(value ? 1 : 0);
  }
}

export class UInt16Column extends PlainColumn implements NativeColumn {
  constructor() {
    super('UInt16');
  }

  push(value: number): void {
    this.bytes.writeUint16(value);
  }
}

/** Whole seconds since the epoch, 0 to 2^32 - 1. */
export class DateTimeColumn extends PlainColumn implements NativeColumn {
  constructor() {
    super("DateTime('UTC')");
  }

  push(seconds: number): void {
    this.bytes.writeUint32(seconds);
  }
}

/** Milliseconds since the epoch. */
export class DateTime64Column extends PlainColumn implements NativeColumn {
  constructor() {
    super("DateTime64(3, 'UTC')");
  }

  push(ms: number): void {
    this.bytes.writeInt64(ms);
  }
}

export class UInt64Column extends PlainColumn implements NativeColumn {
  constructor() {
    super('UInt64');
  }

  push(value: number): void {
    this.bytes.writeInt64(value);
  }
}

export class NullableFloat64Column extends PlainColumn implements NativeColumn {
  readonly #isNull = new ByteBuffer();

  constructor() {
    super('Nullable(Float64)');
  }

  push(value: number | null): void {
    this.#isNull.writeUint8(value === null ? 1 : 0);
    this.bytes.writeFloat64(value ?? 0);
  }

  override writeValues(out: ByteBuffer): void {
    out.writeBytes(this.#isNull.written);
    super.writeValues(out);
  }

  override clear(): void {
    this.#isNull.clear();
    super.clear();
  }
}
