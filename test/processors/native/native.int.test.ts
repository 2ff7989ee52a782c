import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeBlock } from '../../../processors/native/block.ts';
import { ByteBuffer } from '../../../processors/native/byte-buffer.ts';
import {
  BoolColumn,
  DateTime64Column,
  DateTimeColumn,
  Float64Column,
  type NativeColumn,
  NullableFloat64Column,
  StringColumn,
  UInt16Column,
  UInt64Column,
} from '../../../processors/native/columns.ts';
import { LowCardinalityColumn } from '../../../processors/native/low-cardinality-column.ts';
import { ArrayColumn, MapColumn } from '../../../processors/native/nested-columns.ts';
import { type Analytics, startAnalytics } from '../../support/analytics.ts';

let analytics: Analytics;
let tables = 0;

beforeAll(async () => {
  analytics = await startAnalytics();
});
afterAll(() => analytics.stop());

/** Inserts one column of values as one block and reads it back in order. */
async function roundTrip<Read>(column: NativeColumn, rows: number, read = 'v'): Promise<Read[]> {
  const { clickhouse } = analytics;
  const table = `round_trip_${tables++}`;
  await clickhouse.command(`CREATE TABLE ${table} (n UInt64, v ${column.type}) ENGINE = MergeTree ORDER BY n`);
  const n = new UInt64Column();
  for (let row = 0; row < rows; row++) n.push(row);
  const body = encodeBlock({ columns: { n, v: column }, rows, scratch: new ByteBuffer() });
  await clickhouse.insertNative({ table, columns: ['n', 'v'], body, token: table });
  const found = await clickhouse.select<{ v: Read }>(`SELECT ${read} AS v FROM ${table} ORDER BY n`);
  await clickhouse.command(`DROP TABLE ${table}`);
  return found.map(({ v }) => v);
}

function filled<Value, Column extends NativeColumn & { push(value: Value): void }>(
  column: Column,
  values: readonly Value[],
): Column {
  for (const value of values) column.push(value);
  return column;
}

const texts = ['', 'a', 'é', '😀', 'x'.repeat(70_000), 'ключ', 'a\0b', "'quoted\\'", 'a'];

describe('Native columns read back from the engine', () => {
  it('String', async () => {
    expect(await roundTrip<string>(filled(new StringColumn(), texts), texts.length)).toEqual(texts);
  });

  it('LowCardinality(String)', async () => {
    expect(await roundTrip<string>(filled(new LowCardinalityColumn(), texts), texts.length)).toEqual(texts);
  });

  it.each([1, 255, 256, 257, 65_535, 65_536, 65_537])(
    'LowCardinality(String) of %d different values',
    async (count) => {
      const values = Array.from({ length: count + 10 }, (_, index) => `v${index % count}`);
      expect(await roundTrip<string>(filled(new LowCardinalityColumn(), values), values.length)).toEqual(values);
    },
  );

  it('Float64', async () => {
    const values = [0, -0, 1.5, -1e308, 5e-324, 0.1, 2 ** 53];
    expect(await roundTrip<number>(filled(new Float64Column(), values), values.length)).toEqual(values);
  });

  it('Nullable(Float64)', async () => {
    const values = [null, 0, null, -2.5];
    expect(await roundTrip<number | null>(filled(new NullableFloat64Column(), values), 4)).toEqual(values);
  });

  it('whole numbers, booleans and times', async () => {
    expect(await roundTrip<number>(filled(new UInt16Column(), [0, 65_535]), 2)).toEqual([0, 65_535]);
    expect(await roundTrip<number>(filled(new UInt64Column(), [0, 2 ** 52 + 1]), 2)).toEqual([0, 2 ** 52 + 1]);
    expect(await roundTrip<boolean>(filled(new BoolColumn(), [true, false]), 2)).toEqual([true, false]);
    const times = [0, 1, Date.UTC(2026, 2, 19, 12, 0, 0, 999), Date.UTC(1969, 0, 1), Date.UTC(2105, 0, 1)];
    const ms = 'toUnixTimestamp64Milli(v)';
    expect(await roundTrip<number>(filled(new DateTime64Column(), times), times.length, ms)).toEqual(times);
    const seconds = [0, 1_770_000_000, 2 ** 32 - 1];
    expect(await roundTrip<number>(filled(new DateTimeColumn(), seconds), 3, 'toUnixTimestamp(v)')).toEqual(seconds);
  });

  it('Array(LowCardinality(String)), all empty too', async () => {
    const lists = [[], ['a', 'b'], [], ['a']];
    const column = () => new ArrayColumn(new LowCardinalityColumn());
    expect(await roundTrip<string[]>(filled(column(), lists), lists.length)).toEqual(lists);
    expect(await roundTrip<string[]>(filled(column(), [[], []]), 2)).toEqual([[], []]);
  });

  it('Map(LowCardinality(String), String) of any text', async () => {
    const dimensions = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), { maxKeys: 5 });
    const rows = fc.array(dimensions, { minLength: 1, maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(rows, async (maps) => {
        const column = new MapColumn(new LowCardinalityColumn(), new StringColumn());
        for (const map of maps) column.push(Object.keys(map), map);
        const read = await roundTrip<[string, string][]>(
          column,
          maps.length,
          "CAST(v, 'Array(Tuple(String, String))')",
        );
        expect(read).toEqual(maps.map((map) => Object.entries(map)));
      }),
      { numRuns: 10 },
    );
  });

  it('a block of many rows after a smaller one in the same memory', async () => {
    const column = new LowCardinalityColumn();
    filled(column, ['old', 'older']);
    column.clear();
    const values = Array.from({ length: 120_000 }, (_, index) => `v${index % 7}`);
    expect(await roundTrip<string>(filled(column, values), values.length)).toEqual(values);
  });
});
