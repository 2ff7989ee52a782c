import type { ClickHouse } from '../../platform/clickhouse.ts';
import { cellsWithin, expectedRows, type RollupPart, sourceWithin } from '../rollups.ts';

/** What can be wrong about a cell. `row`: it is missing, or nothing in the source makes it. */
export type CellColumn = 'row' | 'count' | 'sum' | 'min' | 'max' | 'quantiles' | 'sla_met' | 'sla_total' | 'expires_at';

/** One side of a cell; null: no such cell. Of the quantiles the usual ones and the first that differs, by name (`p95`). */
export type CellValues = (Record<Exclude<CellColumn, 'row' | 'quantiles'>, unknown> & { quantiles: Quantiles }) | null;
export type Quantiles = Record<`p${number}`, number | null>;

/** A cell that is not what its source makes. */
export interface CellDifference {
  tenant: string;
  table: string;
  subjectKind: string;
  subject: string;
  metric: string;
  /** Absent where the rollup knows none. */
  dimensions?: Record<string, string>;
  /** Start of the bucket, seconds since the epoch. */
  at: number;
  differs: CellColumn[];
  expected: CellValues;
  got: CellValues;
}

/** Two looks at a cell have the same `values` when neither side has changed meanwhile. Hashes, below 2^52. */
export interface CellMark {
  bucket: number;
  cell: number;
  values: number;
}

export interface Comparison extends RollupPart {
  /** Of the rollup's views. */
  selects: readonly string[];
}

const percents = Array.from({ length: 101 }, (_, percent) => percent / 100).join(', ');
/** Adding in another order changes a sum by less than this share of the number of values times the largest of them. */
const sumTolerance = 1e-12;
const requestSettings = { max_bytes_before_external_group_by: String(256 * 1024 * 1024) } as const;
/** Hashes stay below it, so that JSON keeps them exactly. */
const hashRange = 2 ** 52;
const shownPercents = [50, 90, 95, 99];

const sideOf = (keys: string, isExpected: 0 | 1): string =>
  `SELECT ${keys}, toUnixTimestamp(at) AS bucket, toUInt8(${isExpected}) AS side, count AS n, sum AS total, min AS low, max AS high,
    quantiles, sla_met AS met, sla_total AS targets, expires_at AS expires`;

const valuesOf = (prefix: 'e' | 'g', isSide: string): string =>
  `countIf(${isSide}) AS ${prefix}_rows, sumIf(n, ${isSide}) AS ${prefix}_count, sumIf(total, ${isSide}) AS ${prefix}_sum,
    minIf(low, ${isSide}) AS ${prefix}_min, maxIf(high, ${isSide}) AS ${prefix}_max,
    quantilesBFloat16MergeIf(${percents})(quantiles, ${isSide}) AS ${prefix}_quantiles,
    sumIf(met, ${isSide}) AS ${prefix}_sla_met, sumIf(targets, ${isSide}) AS ${prefix}_sla_total,
    toUnixTimestamp(maxIf(expires, ${isSide})) AS ${prefix}_expires_at`;

const plainColumns = ['count', 'min', 'max', 'quantiles', 'sla_met', 'sla_total', 'expires_at'] as const;

const isSumEqual = `(e_sum = g_sum OR (isNaN(e_sum) AND isNaN(g_sum))
  OR abs(e_sum - g_sum) <= ${sumTolerance} * e_count * greatest(abs(e_min), abs(e_max)))`;

const differs = `if(e_rows = 0 OR g_rows = 0, ['row'], arrayFilter(name -> name != '', [
  if(${isSumEqual}, '', 'sum'), ${plainColumns.map((name) => `if(e_${name} = g_${name}, '', '${name}')`).join(', ')}]))`;

/** Every cell of a part with both its sides, those that are equal left out. Cells of which rows may have expired cannot be judged. */
function differentCells(part: Comparison): string {
  const { selects, table, source, keys } = part;
  return `SELECT ${keys}, bucket, ${valuesOf('e', 'side = 1')}, ${valuesOf('g', 'side = 0')}, ${differs} AS differs
    FROM (
      ${sideOf(keys, 1)} FROM (${expectedRows(selects, `SELECT * FROM ${source} WHERE ${sourceWithin(part)}`)})
      UNION ALL
      ${sideOf(keys, 0)} FROM ${table} WHERE ${cellsWithin(part)}
    )
    GROUP BY ${keys}, bucket
    HAVING notEmpty(differs) AND if(e_rows > 0, e_expires_at, g_expires_at) > toUnixTimestamp(now())`;
}

/** The cells of a part that differ at this moment. Events that arrive meanwhile may make a sound cell differ. */
export function findDifferentCells(clickhouse: ClickHouse, part: Comparison): Promise<CellMark[]> {
  const values = ['e', 'g'].flatMap((side) => ['rows', 'sum', ...plainColumns].map((name) => `${side}_${name}`));
  // Rows of one cell merge at any time and change nothing: only whether there are any counts.
  const stable = values.map((name) => (name.endsWith('_rows') ? `${name} > 0` : name)).filter((name) => !isSum(name));
  return clickhouse.select<CellMark>(
    `SELECT bucket, sipHash64(${part.keys}, bucket) % ${hashRange} AS cell, sipHash64(${stable.join(', ')}) % ${hashRange} AS values
    FROM (${differentCells(part)})`,
    paramsOf(part),
    { settings: requestSettings },
  );
}

// A sum depends on the order of adding, so it may differ between two looks though nothing has changed.
const isSum = (name: string): boolean => name === 'e_sum' || name === 'g_sum';

interface Row extends Record<string, unknown> {
  tenant: string;
  bucket: number;
  differs: CellColumn[];
  /** By percent, from 0 to 100. */
  e_quantiles: (number | null)[];
  g_quantiles: (number | null)[];
}

/** Both sides of those cells (by their `cell` hash) that still differ, in the order of time; `limit` at most. */
export async function describeCells(
  clickhouse: ClickHouse,
  part: Comparison,
  { cells, limit }: { cells: readonly number[]; limit: number },
): Promise<CellDifference[]> {
  const rows = await clickhouse.select<Row>(
    `SELECT * FROM (${differentCells(part)})
    WHERE has({cells:Array(UInt64)}, sipHash64(${part.keys}, bucket) % ${hashRange})
    ORDER BY bucket, ${part.keys} LIMIT {limit:UInt32}`,
    { ...paramsOf(part), cells: cells.slice(0, limit), limit },
    { settings: requestSettings },
  );
  return rows.map((row) => toDifference(part.table, row));
}

function toDifference(table: string, row: Row): CellDifference {
  const { tenant, subject_kind, subject, metric, dimensions, bucket } = row;
  return {
    tenant,
    table,
    subjectKind: String(subject_kind),
    subject: String(subject),
    metric: String(metric),
    ...(dimensions === undefined ? {} : { dimensions: dimensions as Record<string, string> }),
    at: bucket,
    differs: row.differs,
    expected: sideValues(row, 'e'),
    got: sideValues(row, 'g'),
  };
}

function sideValues(row: Row, side: 'e' | 'g'): CellValues {
  if (Number(row[`${side}_rows`]) === 0) return null;
  const value = (name: string) => row[`${side}_${name}`];
  return {
    count: value('count'),
    sum: value('sum'),
    min: value('min'),
    max: value('max'),
    quantiles: shownQuantiles(row, side),
    sla_met: value('sla_met'),
    sla_total: value('sla_total'),
    expires_at: value('expires_at'),
  };
}

function shownQuantiles({ e_quantiles, g_quantiles, ...row }: Row, side: 'e' | 'g'): Quantiles {
  const isPair = Number(row.e_rows) > 0 && Number(row.g_rows) > 0;
  const different = isPair ? e_quantiles.findIndex((value, percent) => value !== g_quantiles[percent]) : -1;
  const percents = new Set([...shownPercents, ...(different < 0 ? [] : [different])]);
  const values = side === 'e' ? e_quantiles : g_quantiles;
  return Object.fromEntries(
    [...percents].sort((a, b) => a - b).map((percent) => [`p${percent}`, values[percent] ?? null]),
  );
}

const paramsOf = ({ tenant, from, to }: RollupPart) => ({ tenant, from, to });
