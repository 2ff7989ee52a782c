import { toQueryString } from '../support/client.ts';
import { type Cell, formatTable } from '../support/table.ts';
import type { DemoProcess } from './plan.ts';
import type { TenantAccess } from './setup.ts';
import type { BadHour } from './workload.ts';

interface MetricRow {
  capabilityCode: string;
  metricType: string;
  count: number;
  avg: number | null;
  p50: number | null;
  p95: number | null;
  slaCompliance: number | null;
}

interface HourPoint {
  date: string;
  count: number;
  p95: number | null;
  slaCompliance: number | null;
}

interface Range {
  from: string;
  to: string;
}

/** An hour stands out when at least this many cases ended in it and fewer than this share of them in time. */
const minCases = 5;
const badCompliance = 0.6;

/** What the API says about each metric of the tenants, as a table. */
export async function describeMetrics(accesses: readonly TenantAccess[], range: Range): Promise<string> {
  const rows = (await Promise.all(accesses.map((access) => metricRows(access, range)))).flat();
  return formatTable(['tenant', 'capability', 'metric', 'count', 'avg', 'p50', 'p95', 'in SLA'], rows);
}

/** The hours in which too few cases ended in time, found in the hourly series, beside those the workload was given. */
export async function describeBadHours(options: {
  accesses: readonly TenantAccess[];
  range: Range;
  planted: readonly BadHour[];
}): Promise<string> {
  const { accesses, range, planted } = options;
  const lines = accesses.flatMap((access) => access.tenant.processes.map((process) => ({ access, process })));
  const found = (await Promise.all(lines.map((line) => badHoursOf(line, range)))).flat();
  const plantedNames = new Set(planted.map(({ orgCode, capability, at }) => hourName(orgCode, capability, at)));
  const rows = found.map(({ orgCode, capability, point }) => {
    const isPlanted = plantedNames.has(hourName(orgCode, capability, Date.parse(point.date)));
    const figures = [point.count, point.p95 ?? '-', percent(point.slaCompliance)];
    return [orgCode, capability, point.date, ...figures, isPlanted ? 'planted' : 'by chance'];
  });
  return formatTable(['tenant', 'capability', 'hour', 'cases', 'p95 hours', 'in SLA', 'origin'], rows);
}

/** Commands to go on with, ready to be pasted into a shell. */
export function curlLines({ tenant, query, queryKey }: TenantAccess, range: Range): string[] {
  const capability = tenant.processes[0]?.capability ?? '';
  const orgCode = tenant.code;
  const paths = [
    `/api/v1/metrics${toQueryString({ orgCode, capability, metricType: 'CycleTime', groupBy: 'urgency', ...range })}`,
    `/api/v1/metrics/met_${capability}_CycleTime${toQueryString({ orgCode })}`,
    `/api/v1/metrics/met_${capability}_CycleTime/series${toQueryString({ orgCode, interval: 'day', ...range })}`,
    `/api/v1/events${toQueryString({ orgCode, capabilityCode: capability, pageSize: 5 })}`,
  ];
  return paths.map((path) => `curl -s -H 'X-Api-Key: ${queryKey}' '${query.baseUrl}${path}'`);
}

async function metricRows({ tenant, query }: TenantAccess, range: Range): Promise<Cell[][]> {
  const { data } = await query.get<{ data: MetricRow[] }>('/api/v1/metrics', { orgCode: tenant.code, ...range });
  return data.map((row) => [
    tenant.code,
    row.capabilityCode,
    row.metricType,
    row.count,
    row.avg ?? '-',
    row.p50 ?? '-',
    row.p95 ?? '-',
    percent(row.slaCompliance),
  ]);
}

async function badHoursOf({ access, process }: { access: TenantAccess; process: DemoProcess }, range: Range) {
  const { code: orgCode } = access.tenant;
  const { capability } = process;
  const path = `/api/v1/metrics/met_${capability}_CycleTime/series`;
  const { series } = await access.query.get<{ series: HourPoint[] }>(path, { orgCode, interval: 'hour', ...range });
  return series
    .filter(({ count, slaCompliance }) => count >= minCases && (slaCompliance ?? 1) < badCompliance)
    .map((point) => ({ orgCode, capability, point }));
}

function hourName(orgCode: string, capability: string, at: number): string {
  return `${orgCode} ${capability} ${at}`;
}

function percent(share: number | null): string {
  return share === null ? '-' : `${(100 * share).toFixed(1)} %`;
}
