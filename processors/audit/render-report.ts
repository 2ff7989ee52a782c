import type { AuditReport } from './audit.ts';
import type { AuditResult } from './audit-and-repair.ts';
import type { CellColumn, CellDifference, CellValues } from './compare-cells.ts';

/** The result in lines for people: every described difference, then the totals. */
export function renderReport(result: AuditResult, durationMs: number): string[] {
  const { found, afterRepair, rebuiltBuckets } = result;
  const { tenants, rows } = found;
  const seconds = (durationMs / 1000).toFixed(1);
  const lines = [
    ...reportLines(found),
    `${tenants} ${tenants === 1 ? 'tenant' : 'tenants'}, ${rows.toLocaleString('en')} rows compared in ${seconds} s`,
  ];
  if (afterRepair !== undefined) {
    const mended = result.wrongCells === 0 ? 'every cell is right now' : 'not all is mended:';
    lines.push(`${rebuiltBuckets.toLocaleString('en')} buckets rebuilt; ${mended}`);
    if (result.wrongCells > 0) lines.push(...reportLines(afterRepair));
  }
  return lines;
}

function reportLines({ listed, wrong, wrongCells, unsettledCells }: AuditReport): string[] {
  const lines = listed.map(renderDifference);
  if (wrongCells > listed.length) lines.push(`… and ${(wrongCells - listed.length).toLocaleString('en')} more`);
  const tables = Object.entries(wrong).map(([table, cells]) => `${table} ${cells.toLocaleString('en')}`);
  lines.push(wrongCells === 0 ? 'no differences' : `wrong cells: ${tables.join(', ')}`);
  if (unsettledCells > 0) lines.push(`${unsettledCells.toLocaleString('en')} cells were being written to: not judged`);
  return lines;
}

/** One line: where the cell is, and what about it is wrong. */
export function renderDifference(difference: CellDifference): string {
  const { table, tenant, subjectKind, subject, metric, dimensions, at } = difference;
  const when = new Date(at * 1000).toISOString().replace('.000Z', 'Z');
  const key = [table, tenant, `${subjectKind} ${subject}`, metric, when];
  if (dimensions !== undefined) key.push(JSON.stringify(dimensions));
  return `${key.join('  ')}: ${difference.differs.map((column) => renderColumn(difference, column)).join('; ')}`;
}

function renderColumn({ expected, got }: CellDifference, column: CellColumn): string {
  if (column === 'row') {
    const [what, cell] = got === null ? ['missing', expected] : ['nothing makes it', got];
    return `${what} (count ${renderValue(cell, 'count')}, sum ${renderValue(cell, 'sum')})`;
  }
  return `${column} expected ${renderValue(expected, column)} got ${renderValue(got, column)}`;
}

function renderValue(cell: CellValues, column: Exclude<CellColumn, 'row'>): string {
  const value = cell?.[column];
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
