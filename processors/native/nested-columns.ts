import { ByteBuffer } from './byte-buffer.ts';
import type { NativeColumn, StringColumn } from './columns.ts';
import type { LowCardinalityColumn } from './low-cardinality-column.ts';

interface PushColumn<Value> extends NativeColumn {
  push(value: Value): void;
}

export class ArrayColumn<Item> implements NativeColumn {
  readonly type: string;
  readonly #ends = new ByteBuffer();
  readonly #items: PushColumn<Item>;
  #count = 0;

  constructor(items: PushColumn<Item>) {
    this.type = `Array(${items.type})`;
    this.#items = items;
  }

  push(items: readonly Item[]): void {
    for (const item of items) this.#items.push(item);
    this.#count += items.length;
    this.#ends.writeInt64(this.#count);
  }

  writePrefix(out: ByteBuffer): void {
    this.#items.writePrefix(out);
  }

  writeValues(out: ByteBuffer): void {
    out.writeBytes(this.#ends.written);
    this.#items.writeValues(out);
  }

  clear(): void {
    this.#ends.clear();
    this.#items.clear();
    this.#count = 0;
  }
}

/** A map from string to string. Keys are written in the order given, so equal maps need equal order. */
export class MapColumn implements NativeColumn {
  readonly type: string;
  readonly #ends = new ByteBuffer();
  readonly #keys: LowCardinalityColumn;
  readonly #values: StringColumn;
  #count = 0;

  constructor(keys: LowCardinalityColumn, values: StringColumn) {
    this.type = `Map(${keys.type}, ${values.type})`;
    this.#keys = keys;
    this.#values = values;
  }

  push(keys: readonly string[], entries: Readonly<Record<string, string>>): void {
    for (const key of keys) {
      this.#keys.push(key);
      this.#values.push(entries[key] ?? '');
    }
    this.#count += keys.length;
    this.#ends.writeInt64(this.#count);
  }

  /** The same, of values that are written already: see {@link StringColumn.pushWritten}. */
  pushWritten(keys: readonly string[], values: Uint8Array): void {
    this.#keys.pushAll(keys);
    this.#values.pushWritten(values);
    this.#count += keys.length;
    this.#ends.writeInt64(this.#count);
  }

  writePrefix(out: ByteBuffer): void {
    this.#keys.writePrefix(out);
    this.#values.writePrefix(out);
  }

  writeValues(out: ByteBuffer): void {
    out.writeBytes(this.#ends.written);
    this.#keys.writeValues(out);
    this.#values.writeValues(out);
  }

  clear(): void {
    this.#ends.clear();
    this.#keys.clear();
    this.#values.clear();
    this.#count = 0;
  }
}
