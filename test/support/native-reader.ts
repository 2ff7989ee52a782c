/** A value of a column as JavaScript has it: 64-bit integers and times as numbers. */
export type NativeValue = string | number | boolean | null | NativeValue[] | Record<string, string>;
export type NativeRow = Record<string, NativeValue>;

type ReadColumn = (cursor: Cursor, rows: number) => NativeValue[];

/** Reads one block of ClickHouse's Native format, of the types our tables have. */
export function readNativeBlock(body: Uint8Array): NativeRow[] {
  const cursor = new Cursor(body);
  const columns = cursor.varuint();
  const count = cursor.varuint();
  const rows: NativeRow[] = Array.from({ length: count }, () => ({}));
  for (let column = 0; column < columns; column++) {
    const name = cursor.text();
    const values = readColumn(cursor.text(), cursor, count);
    for (const [index, row] of rows.entries()) row[name] = values[index] ?? null;
  }
  return rows;
}

class Cursor {
  #at = 0;
  readonly #bytes: Buffer;

  constructor(body: Uint8Array) {
    this.#bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  }

  varuint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.uint8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  text(): string {
    const end = this.varuint() + this.#at;
    const text = this.#bytes.toString('utf8', this.#at, end);
    this.#at = end;
    return text;
  }

  uint8 = (): number => this.#bytes.readUInt8(this.#move(1));
  uint16 = (): number => this.#bytes.readUInt16LE(this.#move(2));
  uint32 = (): number => this.#bytes.readUInt32LE(this.#move(4));
  int64 = (): number => Number(this.#bytes.readBigInt64LE(this.#move(8)));
  float64 = (): number => this.#bytes.readDoubleLE(this.#move(8));

  #move(bytes: number): number {
    this.#at += bytes;
    return this.#at - bytes;
  }
}

const each =
  (read: (cursor: Cursor) => NativeValue): ReadColumn =>
  (cursor, rows) =>
    Array.from({ length: rows }, () => read(cursor));

const plain: Record<string, ReadColumn> = {
  String: each((cursor) => cursor.text()),
  Bool: each((cursor) => cursor.uint8() === 1),
  UInt16: each((cursor) => cursor.uint16()),
  UInt64: each((cursor) => cursor.int64()),
  Float64: each((cursor) => cursor.float64()),
  "DateTime('UTC')": each((cursor) => cursor.uint32()),
  "DateTime64(3, 'UTC')": each((cursor) => cursor.int64()),
  'Nullable(Float64)': readNullable,
};

/** Of a nested column all prefixes come before all values; only LowCardinality has one. */
function readColumn(type: string, cursor: Cursor, rows: number): NativeValue[] {
  if (type.includes('LowCardinality')) cursor.int64();
  return readValues(type, cursor, rows);
}

function readValues(type: string, cursor: Cursor, rows: number): NativeValue[] {
  const read = plain[type];
  if (read !== undefined) return read(cursor, rows);
  if (type === 'LowCardinality(String)') return readLowCardinality(cursor, rows);
  if (type === 'Array(LowCardinality(String))')
    return readArrays(cursor, rows, (count) => readLowCardinality(cursor, count));
  if (type === 'Map(LowCardinality(String), String)')
    return readArrays(cursor, rows, (count) => readEntries(cursor, count)).map(toRecord);
  const items = /^Array\((.+)\)$/.exec(type)?.[1];
  if (items !== undefined) return readArrays(cursor, rows, (count) => readValues(items, cursor, count));
  if (type.startsWith('Enum8(')) return each((one) => one.uint8())(cursor, rows);
  throw new Error(`no reader for the type ${type}`);
}

function readNullable(cursor: Cursor, rows: number): NativeValue[] {
  const isNull = Array.from({ length: rows }, () => cursor.uint8() === 1);
  return isNull.map((none) => {
    const value = cursor.float64();
    return none ? null : value;
  });
}

function readLowCardinality(cursor: Cursor, rows: number): string[] {
  if (rows === 0) return [];
  const width = cursor.int64() & 0xff;
  const keys = Array.from({ length: cursor.int64() }, () => cursor.text());
  const count = cursor.int64();
  const readIndex = [cursor.uint8, cursor.uint16, cursor.uint32][width] ?? cursor.uint8;
  return Array.from({ length: count }, () => keys[readIndex()] ?? '');
}

function readArrays<Item extends NativeValue>(
  cursor: Cursor,
  rows: number,
  readItems: (count: number) => Item[],
): Item[][] {
  const ends = Array.from({ length: rows }, () => cursor.int64());
  const items = readItems(ends.at(-1) ?? 0);
  return ends.map((end, row) => items.slice(ends[row - 1] ?? 0, end));
}

function readEntries(cursor: Cursor, count: number): string[][] {
  const keys = readLowCardinality(cursor, count);
  return keys.map((key) => [key, cursor.text()]);
}

function toRecord(entries: readonly string[][]): Record<string, string> {
  return Object.fromEntries(entries.map(([key = '', value = '']) => [key, value]));
}
