import { ByteBuffer } from './byte-buffer.ts';
import type { NativeColumn } from './columns.ts';

/** The one version of the serialization: keys travel with each block. */
const keysInBlock = 1;
const hasAdditionalKeys = 1 << 9;
const needsDictionaryUpdate = 1 << 10;

/** Strings of which a block has few different ones: each is written once, rows refer to it by number. */
export class LowCardinalityColumn implements NativeColumn {
  readonly type = 'LowCardinality(String)';
  readonly #numbers = new Map<string, number>();
  readonly #keys = new ByteBuffer();
  readonly #rows: number[] = [];

  push(value: string): void {
    let number = this.#numbers.get(value);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(value, number);
      this.#keys.writeString(value);
    }
    this.#rows.push(number);
  }

  writePrefix(out: ByteBuffer): void {
    out.writeInt64(keysInBlock);
  }

  writeValues(out: ByteBuffer): void {
    if (this.#rows.length === 0) return;
    const width = indexWidth(this.#numbers.size);
    out.writeInt64(hasAdditionalKeys | needsDictionaryUpdate | width);
    out.writeInt64(this.#numbers.size);
    out.writeBytes(this.#keys.written);
    out.writeInt64(this.#rows.length);
    for (const row of this.#rows) writeIndex(out, row, width);
  }

  clear(): void {
    this.#numbers.clear();
    this.#keys.clear();
    this.#rows.length = 0;
  }
}

/** 0, 1, 2: one, two or four bytes a row. */
function indexWidth(keys: number): 0 | 1 | 2 {
  if (keys <= 2 ** 8) return 0;
  return keys <= 2 ** 16 ? 1 : 2;
}

function writeIndex(out: ByteBuffer, index: number, width: 0 | 1 | 2): void {
  if (width === 0) out.writeUint8(index);
  else if (width === 1) out.writeUint16(index);
  else out.writeUint32(index);
}
