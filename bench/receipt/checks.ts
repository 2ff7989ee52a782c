import type { Cell } from '../support/table.ts';
import type { Summary } from './facts.ts';

export interface Check {
  name: string;
  got: Cell;
  exact: Cell;
  isOk: boolean;
  /** What was demanded and by how much it was met or missed. */
  verdict: string;
}

/** One row of `GET /metrics`, as far as it is compared. */
export interface MetricRow {
  count: number;
  avg: number | null;
  min: number | null;
  max: number | null;
  p50: number | null;
  p95: number | null;
  slaCompliance: number | null;
}

export interface SeriesPoint {
  date: string;
  count: number;
  avg: number | null;
}

export const maxRoundingError = 1e-9;
export const maxQuantileError = 0.01;
const slaDecimals = 4;

export function checkEqual(name: string, got: Cell | null | undefined, exact: Cell): Check {
  const isOk = got === exact;
  return { name, got: got ?? 'null', exact, isOk, verdict: isOk ? 'equal' : 'DIFFERS' };
}

/** Compares one aggregated row with the exact summary of the same events. */
export function checkRow(name: string, row: MetricRow | undefined, exact: Summary): Check[] {
  if (row === undefined)
    return [{ name, got: 'no row', exact: `${exact.count} events`, isOk: false, verdict: 'MISSING' }];
  return [
    checkEqual(`${name}: count`, row.count, exact.count),
    checkEqual(`${name}: min`, row.min, exact.min),
    checkEqual(`${name}: max`, row.max, exact.max),
    checkClose(`${name}: avg`, row.avg, exact.avg),
    checkQuantile(`${name}: p50`, row.p50, exact.p50),
    checkQuantile(`${name}: p95`, row.p95, exact.p95),
    ...checkCompliance(name, row.slaCompliance, exact),
  ];
}

/** Equal up to the order of floating-point additions: 1e-9 relative. */
export function checkClose(name: string, got: number | null, exact: number): Check {
  const error = relativeError(got, exact);
  const isOk = error <= maxRoundingError;
  return { name, got: got ?? 'null', exact, isOk, verdict: `${isOk ? 'ok' : 'DIFFERS'}, error ${formatError(error)}` };
}

/** Within 1 % of the exact quantile, interpolated where its rank falls between two samples. */
export function checkQuantile(name: string, got: number | null, exact: number): Check {
  const error = relativeError(got, exact);
  const isOk = error <= maxQuantileError;
  return { name, got: got ?? 'null', exact, isOk, verdict: `${isOk ? 'ok' : 'DIFFERS'}, error ${formatError(error)}` };
}

/** Compares a series bucket by bucket: same buckets, counts equal, averages within 1e-9 relative. */
export function checkSeries(name: string, series: readonly SeriesPoint[], exact: ReadonlyMap<string, Summary>): Check {
  const got = new Map(series.map((point) => [point.date, point]));
  const differences = [...new Set([...got.keys(), ...exact.keys()])].flatMap((date) =>
    describeDifference(date, got.get(date), exact.get(date)),
  );
  const isDuplicated = got.size !== series.length;
  const isOk = differences.length === 0 && !isDuplicated;
  const first = differences[0] ?? 'a bucket appears twice';
  const verdict = isOk ? 'equal bucket by bucket' : `${differences.length} DIFFER, first: ${first}`;
  return { name, got: `${series.length} buckets`, exact: `${exact.size} buckets`, isOk, verdict };
}

function describeDifference(date: string, got: SeriesPoint | undefined, exact: Summary | undefined): string[] {
  if (got === undefined) return [`${date} is missing`];
  if (exact === undefined) return [`${date} should not be there`];
  if (got.count !== exact.count) return [`${date} count ${got.count}, exact ${exact.count}`];
  const isSame = relativeError(got.avg, exact.avg) <= maxRoundingError;
  return isSame ? [] : [`${date} avg ${got.avg}, exact ${exact.avg}`];
}

function checkCompliance(name: string, got: number | null, exact: Summary): Check[] {
  if (exact.slaTotal === 0) return [checkEqual(`${name}: SLA`, got === null ? 'null' : got, 'null')];
  const share = Number((exact.slaMet / exact.slaTotal).toFixed(slaDecimals));
  const metFromShare = got === null ? Number.NaN : Math.round(got * exact.slaTotal);
  return [
    checkEqual(`${name}: SLA compliance`, got, share),
    checkEqual(`${name}: SLA met of ${exact.slaTotal}`, metFromShare, exact.slaMet),
  ];
}

function relativeError(got: number | null, exact: number): number {
  if (got === null) return Number.POSITIVE_INFINITY;
  if (got === exact) return 0;
  return exact === 0 ? Number.POSITIVE_INFINITY : Math.abs(got - exact) / Math.abs(exact);
}

function formatError(error: number): string {
  return error === 0 ? '0' : error.toExponential(1);
}
