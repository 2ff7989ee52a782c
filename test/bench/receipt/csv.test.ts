import { expect, test } from 'vitest';
import { parseCsv } from '../../../bench/receipt/csv.ts';

test('names the fields by the header, with or without a last line end', () => {
  expect(parseCsv('a,b\n1,2\n3,\n')).toEqual([
    { a: '1', b: '2' },
    { a: '3', b: '' },
  ]);
  expect(parseCsv('a,b\r\n1,2')).toEqual([{ a: '1', b: '2' }]);
  expect(parseCsv('')).toEqual([]);
});

test('reads quoted fields with commas, doubled quotes and line ends', () => {
  expect(parseCsv('a,b\n"x, ""y""","1\n2"\n')).toEqual([{ a: 'x, "y"', b: '1\n2' }]);
});

test('refuses a row of another width and a stray quote', () => {
  expect(() => parseCsv('a,b\n1\n')).toThrow('row 2 has 1 fields, the header 2');
  expect(() => parseCsv('a,b\n1,x"y\n')).toThrow('malformed field');
});
