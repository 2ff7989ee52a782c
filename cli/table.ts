export interface Column<Row> {
  title: string;
  value: (row: Row) => string | number | null | undefined;
}

const gap = '  ';
const nothing = '-';

/** Rows as aligned text, numbers to the right; a sentence when there are none. Ends with a line break. */
export function renderTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  if (rows.length === 0) return 'nothing found\n';
  const cells = rows.map((row) => columns.map(({ value }) => value(row)));
  const texts = [columns.map(({ title }) => title), ...cells.map((line) => line.map(showCell))];
  const widths = columns.map((_, index) => Math.max(...texts.map((line) => line[index]?.length ?? 0)));
  const isNumeric = columns.map((_, index) => cells.every((line) => typeof (line[index] ?? 0) === 'number'));
  const pad = (text: string, index: number) =>
    isNumeric[index] ? text.padStart(widths[index] ?? 0) : text.padEnd(widths[index] ?? 0);
  return `${texts.map((line) => line.map(pad).join(gap).trimEnd()).join('\n')}\n`;
}

function showCell(value: string | number | null | undefined): string {
  if (value === null || value === undefined || value === '') return nothing;
  return typeof value === 'number' ? String(roundTo(value, 3)) : printable(value);
}

/** Text of others, such as names, without what a terminal would obey. */
export const printable = (text: string): string => text.replaceAll(/\p{Cc}|\p{Cf}/gu, '?');

function roundTo(value: number, decimals: number): number {
  const factor = 10 ** decimals;
  return Math.round(value * factor) / factor;
}
