import { expect, it } from 'vitest';
import type { AuditReport } from '../../../processors/audit/audit.ts';
import type { CellDifference } from '../../../processors/audit/compare-cells.ts';
import { renderReport } from '../../../processors/audit/render-report.ts';

const quantiles = { p50: 1, p90: 2, p95: 2, p99: 2 };
const cell = { count: 2, sum: 3, min: 1, max: 2, quantiles, sla_met: 0, sla_total: 0, expires_at: 4_000_000_000 };
const at = Date.UTC(2026, 2, 19, 12) / 1000;
const key = { tenant: 'org_acme', subjectKind: 'capability', subject: 'P2P', metric: 'CycleTime', at };
const listed: CellDifference[] = [
  { ...key, table: 'measurements_1m', differs: ['sum', 'count'], expected: cell, got: { ...cell, sum: 6, count: 4 } },
  { ...key, table: 'measurements_1h', differs: ['row'], expected: cell, got: null },
  {
    ...key,
    table: 'measurements_by_dimensions_1h',
    dimensions: { region: 'North' },
    differs: ['row'],
    expected: null,
    got: cell,
  },
];
const clean: AuditReport = {
  tenants: 1,
  slices: 1,
  rows: 12_345,
  wrong: {},
  wrongCells: 0,
  unsettledCells: 0,
  rebuiltBuckets: 0,
  listed: [],
};
const found: AuditReport = {
  ...clean,
  wrong: { measurements_1m: 3, measurements_1h: 1 },
  wrongCells: 4,
  unsettledCells: 7,
  listed,
};

it('says that there are no differences', () => {
  const lines = renderReport({ found: clean, rebuiltBuckets: 0, wrongCells: 0 }, 1_234);
  expect(lines).toEqual(['no differences', '1 tenant, 12,345 rows compared in 1.2 s']);
});

it('names each cell, what is wrong about it and the totals', () => {
  expect(renderReport({ found, rebuiltBuckets: 0, wrongCells: 4 }, 1_000)).toEqual([
    'measurements_1m  org_acme  capability P2P  CycleTime  2026-03-19T12:00:00Z: sum expected 3 got 6; count expected 2 got 4',
    'measurements_1h  org_acme  capability P2P  CycleTime  2026-03-19T12:00:00Z: missing (count 2, sum 3)',
    'measurements_by_dimensions_1h  org_acme  capability P2P  CycleTime  2026-03-19T12:00:00Z  {"region":"North"}: nothing makes it (count 2, sum 3)',
    '… and 1 more',
    'wrong cells: measurements_1m 3, measurements_1h 1',
    '7 cells were being written to: not judged',
    '1 tenant, 12,345 rows compared in 1.0 s',
  ]);
});

it('says what a repair left', () => {
  const mended = renderReport({ found, afterRepair: clean, rebuiltBuckets: 5, wrongCells: 0 }, 1_000);
  expect(mended.at(-1)).toBe('5 buckets rebuilt; every cell is right now');
  const left = renderReport({ found, afterRepair: found, rebuiltBuckets: 5, wrongCells: 4 }, 1_000);
  expect(left).toContain('5 buckets rebuilt; not all is mended:');
  expect(left.at(-2)).toBe('wrong cells: measurements_1m 3, measurements_1h 1');
});
