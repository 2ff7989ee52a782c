import type { ClickHouse } from '../platform/clickhouse.ts';
import type { MetricDefinition, Tenant } from '../platform/tenancy/tenancy.ts';
import type { MetricDetails } from '../schemas/api/metrics.ts';
import { toFigures } from './figures.ts';
import {
  type Measured,
  type MeasuredGroup,
  readByDimension,
  readMeasured,
  type Selection,
  type SubjectKind,
} from './measurements.ts';
import { loadQuery } from './queries.ts';
import type { Range } from './range.ts';
import { readCurrentRolling } from './read-rolling.ts';
import { read } from './store.ts';

/** What "current" means in the description of a metric. */
export const CURRENT_DAYS = 30;
/** Values of the SLA dimension that a description lists at most. */
export const MAX_BREAKDOWN = 100;

const unitQuery = loadQuery('service-metric-unit');
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

export interface MetricInTenant {
  tenant: Tenant;
  metric: MetricDefinition;
  /** What the metric's `capability` names. */
  subjectKind: SubjectKind;
}

/** The definition of a metric with its figures of the last 30 days, as a whole and by value of its SLA dimension. */
export async function describeMetric(
  clickhouse: ClickHouse,
  { tenant, metric, subjectKind }: MetricInTenant,
  { now, signal }: { now: number; signal: AbortSignal },
): Promise<MetricDetails> {
  const { id, capability, metricType, displayName, slaTargets, slaDimension } = metric;
  const range = currentRange(now);
  const selection: Selection = { subjectKind, tenants: [tenant.id], capability, metric: metricType, range, signal };
  const [measured, groups, rolling, unit] = await Promise.all([
    readMeasured(clickhouse, selection, 1),
    readByDimension(clickhouse, selection, { dimension: slaDimension, limit: MAX_BREAKDOWN }),
    readCurrentRolling(clickhouse, { tenant, metric, subjectKind, from: range.from, signal }),
    subjectKind === 'service' ? readUnit(clickhouse, selection) : metric.unit,
  ]);
  return {
    id,
    ...(subjectKind === 'service' ? { capabilityCode: '', service: capability } : { capabilityCode: capability }),
    metricType,
    displayName,
    unit,
    slaTargets,
    slaDimension,
    current: { ...toCurrent(measured[0]), rolling },
    breakdown: groups.map((group) => toBreakdown(slaDimension, group)),
  };
}

/** The unit a metric of a service was last sent with; empty when its sender names none. */
async function readUnit(
  clickhouse: ClickHouse,
  { tenants, capability, metric, range, signal }: Selection,
): Promise<string> {
  const params = { tenant: tenants[0], service: capability, metric, from: new Date(range.from) };
  const [row] = await read<{ unit: string }>(clickhouse, { query: unitQuery, params, signal });
  return row?.unit ?? '';
}

/** The last 30 days in whole hours, including what may still be a little ahead of our clock. */
function currentRange(now: number): Range {
  const thisHour = Math.floor(now / HOUR_MS) * HOUR_MS;
  return { from: thisHour - CURRENT_DAYS * DAY_MS, to: thisHour + 2 * HOUR_MS };
}

function toCurrent(measured: Measured | undefined): Omit<MetricDetails['current'], 'rolling'> {
  if (measured === undefined) return { avg: null, p95: null, compliance: null, count: 0 };
  const { avg, p95, slaCompliance, count } = toFigures(measured);
  return { avg, p95, compliance: slaCompliance, count };
}

function toBreakdown(dimension: string, measured: MeasuredGroup): MetricDetails['breakdown'][number] {
  const { count, avg, p95, slaCompliance } = toFigures(measured);
  return { dimension, value: measured.group, count, avg, p95, compliance: slaCompliance };
}
