import { expect, test } from 'vitest';
import { formatNumber, formatTable } from '../../../bench/support/table.ts';

test('numbers are aligned to the right, text to the left', () => {
  const table = formatTable(
    ['name', 'count'],
    [
      ['a', 1],
      ['longer', 1_234],
    ],
  );
  expect(table).toBe(['name    count', '------  -----', 'a           1', 'longer  1,234'].join('\n'));
});

test('numbers keep what matters of them', () => {
  expect([0.12345, 12.3456, 123.456, 12_345.6, 7, Number.NaN].map(formatNumber)).toEqual([
    '0.123',
    '12.35',
    '123.5',
    '12,346',
    '7',
    '-',
  ]);
});
