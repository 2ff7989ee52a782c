import type { ByteBuffer } from './byte-buffer.ts';
import type { NativeColumn } from './columns.ts';

export interface BlockInput {
  /** By name. */
  columns: Readonly<Record<string, NativeColumn>>;
  rows: number;
  /** Memory to work in; what it held is overwritten. */
  scratch: ByteBuffer;
}

/**
 * One block of ClickHouse's Native format: number of columns and rows, then each column's name, type and values. Every column must
 * hold `rows` values. The result is a copy: the columns may be cleared and filled again while it is sent.
 */
export function encodeBlock({ columns, rows, scratch }: BlockInput): Uint8Array<ArrayBuffer> {
  const out = scratch;
  out.clear();
  const named = Object.entries(columns);
  out.writeVaruint(named.length);
  out.writeVaruint(rows);
  for (const [name, column] of named) {
    out.writeString(name);
    out.writeString(column.type);
    column.writePrefix(out);
    column.writeValues(out);
  }
  return out.written.slice();
}
