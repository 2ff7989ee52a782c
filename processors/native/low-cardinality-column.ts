import { ByteBuffer } from './byte-buffer.ts';
import type { NativeColumn } from './columns.ts';

/** The one version of the serialization: keys travel with each block. */
const keysInBlock = 1;
const hasAdditionalKeys = 1 << 9;
const needsDictionaryUpdate = 1 << 10;

const initialRows = 1_024;

/** Strings of which a block has few different ones: each is written once, rows refer to it by number. */
export class LowCardinalityColumn implements NativeColumn {
  readonly type = 'LowCardinality(String)';
  readonly #numbers = new Map<string, number>();
  readonly #keys = new ByteBuffer();
  readonly #lists = new Map<readonly string[], Uint32Array>();
  #rows = new Uint32Array(initialRows);
  #count = 0;
  #last: string | undefined;
  #lastNumber = 0;

  push(value: string): void {
    if (value !== this.#last) {
      this.#lastNumber = this.#numberOf(value);
      this.#last = value;
    }
    this.#reserve(1);
    this.#rows[this.#count++] = this.#lastNumber;
  }

  /** Many at once; faster when the same array comes again, which must not have changed then. */
  pushAll(values: readonly string[]): void {
    let numbers = this.#lists.get(values);
    if (numbers === undefined) {
      numbers = Uint32Array.from(values, (value) => this.#numberOf(value));
      this.#lists.set(values, numbers);
    }
    this.#reserve(numbers.length);
    for (let index = 0; index < numbers.length; index++) this.#rows[this.#count++] = numbers[index] ?? 0;
  }

  writePrefix(out: ByteBuffer): void {
    out.writeInt64(keysInBlock);
  }

  writeValues(out: ByteBuffer): void {
    if (this.#count === 0) return;
    const width = indexWidth(this.#numbers.size);
    out.writeInt64(hasAdditionalKeys | needsDictionaryUpdate | width);
    out.writeInt64(this.#numbers.size);
    out.writeBytes(this.#keys.written);
    out.writeInt64(this.#count);
    out.writeBytes(indexesOf(this.#rows.subarray(0, this.#count), width));
  }

  clear(): void {
    this.#numbers.clear();
    this.#keys.clear();
    this.#lists.clear();
    this.#count = 0;
    this.#last = undefined;
  }

  #numberOf(value: string): number {
    const known = this.#numbers.get(value);
    if (known !== undefined) return known;
    const number = this.#numbers.size;
    this.#numbers.set(value, number);
    this.#keys.writeString(value);
    return number;
  }

  #reserve(count: number): void {
    if (this.#count + count <= this.#rows.length) return;
    const grown = new Uint32Array(Math.max(this.#count + count, this.#rows.length * 2));
    grown.set(this.#rows.subarray(0, this.#count));
    this.#rows = grown;
  }
}

/** 0, 1, 2: one, two or four bytes a row. */
function indexWidth(keys: number): 0 | 1 | 2 {
  if (keys <= 2 ** 8) return 0;
  return keys <= 2 ** 16 ? 1 : 2;
}

/** The numbers of rows, each in so many bytes. */
function indexesOf(rows: Uint32Array, width: 0 | 1 | 2): Uint8Array {
  const indexes = width === 0 ? new Uint8Array(rows) : width === 1 ? new Uint16Array(rows) : rows;
  return new Uint8Array(indexes.buffer, indexes.byteOffset, indexes.byteLength);
}
