import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeBlock } from '../../../processors/native/block.ts';
import { ByteBuffer } from '../../../processors/native/byte-buffer.ts';
import { type NativeColumn, StringColumn } from '../../../processors/native/columns.ts';
import { LowCardinalityColumn } from '../../../processors/native/low-cardinality-column.ts';
import { MapColumn } from '../../../processors/native/nested-columns.ts';

const blockOf = (column: NativeColumn, rows: number): Buffer =>
  Buffer.from(encodeBlock({ columns: { column }, rows, scratch: new ByteBuffer() }));

const createMap = () => new MapColumn(new LowCardinalityColumn(), new StringColumn());
const text = fc.string({ unit: 'grapheme', maxLength: 60 });

describe('a column of maps', () => {
  it('holds values that were written before as it holds those it writes', () => {
    const keySets = [[], ['a'], ['b', 'a'], ['c', 'b', 'a']];
    const rows = fc.array(
      fc.tuple(fc.nat({ max: keySets.length - 1 }), fc.array(text, { minLength: 3, maxLength: 3 })),
    );
    const [plain, written] = [createMap(), createMap()];
    fc.assert(
      fc.property(rows, (given) => {
        for (const column of [plain, written]) column.clear();
        for (const [set, values] of given) {
          const keys = keySets[set] ?? [];
          const entries = Object.fromEntries(keys.map((key, index) => [key, values[index] ?? '']));
          const buffer = new ByteBuffer();
          for (const key of keys) buffer.writeString(entries[key] ?? '');
          plain.push(keys, entries);
          written.pushWritten(keys, buffer.written);
        }
        expect(blockOf(written, given.length)).toEqual(blockOf(plain, given.length));
      }),
    );
  });
});

describe('a column of strings', () => {
  it('holds the same whether a value comes again or not, also after it was cleared', () => {
    const column = new StringColumn();
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', 'é'.repeat(40))), (values) => {
        column.clear();
        const expected = new ByteBuffer();
        for (const value of values) column.push(value);
        for (const value of values) expected.writeString(value);
        const out = new ByteBuffer();
        column.writeValues(out);
        expect(Buffer.from(out.written)).toEqual(Buffer.from(expected.written));
      }),
    );
  });
});

describe('a column of few strings', () => {
  it.each([1, 255, 256, 257, 65_536, 65_537])('numbers %i of them in as few bytes as that takes', (count) => {
    const column = new LowCardinalityColumn();
    const values = Array.from({ length: count }, (_, index) => `v${index}`);
    for (const value of values) column.push(value);
    const pushed = blockOf(column, count);
    column.clear();
    column.pushAll(values);
    expect(blockOf(column, count).equals(pushed)).toBe(true);
    const width = count <= 2 ** 8 ? 1 : count <= 2 ** 16 ? 2 : 4;
    const last = pushed.subarray(-width);
    expect(last.readUIntLE(0, width)).toBe(count - 1);
  });
});
