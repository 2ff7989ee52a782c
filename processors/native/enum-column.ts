import { ByteBuffer } from './byte-buffer.ts';
import type { NativeColumn } from './columns.ts';

/** One of a few names, numbered from 1 in the order given. */
export class EnumColumn<Name extends string> implements NativeColumn {
  readonly type: string;
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #bytes = new ByteBuffer();

  constructor(names: readonly Name[]) {
    this.#numbers = new Map(names.map((name, index) => [name, index + 1]));
    this.type = `Enum8(${names.map((name, index) => `'${name}' = ${index + 1}`).join(', ')})`;
  }

  push(name: Name): void {
    this.#bytes.writeUint8(this.#numbers.get(name) ?? 0);
  }

  writePrefix(_out: ByteBuffer): void {}

  writeValues(out: ByteBuffer): void {
    out.writeBytes(this.#bytes.written);
  }

  clear(): void {
    this.#bytes.clear();
  }
}
