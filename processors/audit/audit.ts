import type { ClickHouse } from '../../platform/clickhouse.ts';
import { rebuildBuckets } from '../rollup-repair.ts';
import { cellsWithin, rollups, sourceWithin, viewSelects } from '../rollups.ts';
import { type CellDifference, type CellMark, type Comparison, describeCells } from './compare-cells.ts';
import { type DayRows, planSlices } from './plan-slices.ts';
import { findWrongCells, type SettleOptions } from './settle.ts';

export interface AuditOptions extends SettleOptions {
  /** Seconds since the epoch; widened to whole days, UTC. Default: all. `to` exclusive. */
  from?: number;
  to?: number;
  /** Id of a tenant; default: every one there is. */
  tenant?: string;
  /** Rebuild the buckets in which a cell is wrong. */
  isRepair?: boolean;
  /** Differences described in the report; all are counted. */
  maxListed?: number;
  /** Rows compared by one statement. Bounds the memory it takes. */
  maxSliceRows?: number;
}

export interface AuditReport {
  tenants: number;
  slices: number;
  /** Of the rollups and of what they are made from, as often as they were read. */
  rows: number;
  /** Wrong cells by table. Only tables that have some. */
  wrong: Record<string, number>;
  wrongCells: number;
  /** Cells that were written to all the time and could not be judged. */
  unsettledCells: number;
  /** Buckets rebuilt. */
  rebuiltBuckets: number;
  listed: CellDifference[];
}

interface Work {
  clickhouse: ClickHouse;
  options: AuditOptions;
  report: AuditReport;
}

const defaultMaxListed = 100;
const defaultMaxSliceRows = 250_000;
const maxRebuilds = 3;
const daySeconds = 86_400;
const maxSeconds = 2 ** 32 - 1;

/**
 * Compares every cell of every rollup with what its source makes of it, tenant by tenant and slice by slice; events may arrive meanwhile.
 * A repair goes up level by level, as each rebuilt bucket feeds the next rollup. It mends what it counts as wrong; whether all is mended
 * shows the next audit.
 */
export async function auditRollups(clickhouse: ClickHouse, options: AuditOptions = {}): Promise<AuditReport> {
  const report: AuditReport = {
    tenants: 0,
    slices: 0,
    rows: 0,
    wrong: {},
    wrongCells: 0,
    unsettledCells: 0,
    rebuiltBuckets: 0,
    listed: [],
  };
  const work = { clickhouse, options, report };
  const tenants = options.tenant === undefined ? await findTenants(clickhouse) : [options.tenant];
  report.tenants = tenants.length;
  for (const rollup of rollups) {
    const selects = await viewSelects(clickhouse, rollup);
    for (const tenant of tenants) await auditRollup(work, { ...rollup, selects, tenant, ...wholeDays(options) });
  }
  return report;
}

function wholeDays({ from = 0, to = maxSeconds }: AuditOptions): { from: number; to: number } {
  const end = Math.min(Math.ceil(to / daySeconds) * daySeconds, maxSeconds);
  return { from: Math.max(Math.floor(from / daySeconds) * daySeconds, 0), to: end };
}

async function findTenants(clickhouse: ClickHouse): Promise<string[]> {
  const tables = [...new Set(rollups.flatMap(({ table, source }) => [source, table]))];
  const rows = await clickhouse.select<{ tenant: string }>(
    `SELECT DISTINCT tenant FROM (${tables.map((table) => `SELECT DISTINCT tenant FROM ${table}`).join(' UNION ALL ')}) ORDER BY tenant`,
  );
  return rows.map(({ tenant }) => tenant);
}

async function auditRollup(work: Work, whole: Comparison): Promise<void> {
  const { maxSliceRows = defaultMaxSliceRows } = work.options;
  const days = await countByDay(work.clickhouse, whole);
  for (const day of days) work.report.rows += day.rows;
  const slices = planSlices(days, { maxRows: maxSliceRows, bucketSeconds: whole.bucketSeconds });
  for (const slice of slices) await auditSlice(work, { ...whole, ...slice });
}

function countByDay(clickhouse: ClickHouse, part: Comparison): Promise<DayRows[]> {
  const { table, source, tenant, from, to } = part;
  const daysOf = (name: string, within: string) =>
    `SELECT toUnixTimestamp(toStartOfDay(toDateTime(at, 'UTC'))) AS day FROM ${name} WHERE ${within}`;
  return clickhouse.select<DayRows>(
    `SELECT day, count() AS rows FROM (${daysOf(source, sourceWithin(part))} UNION ALL ${daysOf(table, cellsWithin(part))}) GROUP BY day ORDER BY day`,
    { tenant, from, to },
  );
}

async function auditSlice(work: Work, slice: Comparison): Promise<void> {
  const { clickhouse, options, report } = work;
  const { wrong, unsettled } = await findWrongCells(clickhouse, slice, options);
  report.slices += 1;
  report.unsettledCells += unsettled;
  if (wrong.length === 0) return;
  await note(work, slice, wrong);
  if (options.isRepair === true) await repairSlice(work, slice, wrong);
}

async function note({ clickhouse, options, report }: Work, slice: Comparison, wrong: readonly CellMark[]) {
  report.wrong[slice.table] = (report.wrong[slice.table] ?? 0) + wrong.length;
  report.wrongCells += wrong.length;
  const limit = (options.maxListed ?? defaultMaxListed) - report.listed.length;
  if (limit <= 0) return;
  const cells = wrong.toSorted((a, b) => a.bucket - b.bucket).map(({ cell }) => cell);
  report.listed.push(...(await describeCells(clickhouse, slice, { cells, limit })));
}

/** An insert under way during a rebuild may be counted twice by it: so it is looked at again, and rebuilt again. */
async function repairSlice({ clickhouse, options, report }: Work, slice: Comparison, found: CellMark[]): Promise<void> {
  let wrong = found;
  for (let attempt = 0; attempt < maxRebuilds && wrong.length > 0; attempt++) {
    const buckets = [...new Set(wrong.map(({ bucket }) => bucket))].sort((a, b) => a - b);
    await rebuildBuckets(clickhouse, slice.selects, { ...slice, buckets });
    report.rebuiltBuckets += buckets.length;
    wrong = (await findWrongCells(clickhouse, slice, options)).wrong;
  }
}
