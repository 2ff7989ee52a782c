import type { ClickHouse } from '../platform/clickhouse.ts';
import type { Tenant } from '../platform/tenancy/tenancy.ts';
import type { MetricRow } from '../schemas/api/metrics.ts';
import { READ_LIMITS } from '../schemas/api/selection.ts';
import { toFigures } from './figures.ts';
import { type Measured, readByDimension, readMeasured, type Selection } from './measurements.ts';

export interface MetricRows {
  /** In the order of organization, capability and metric; groups of a metric the largest first. */
  rows: MetricRow[];
  /** Whether there are more than the limit. */
  truncated: boolean;
}

/** The figures of every selected metric that has events in the range, or of every value that one dimension takes in it. */
export async function listMetrics(
  clickhouse: ClickHouse,
  selection: Selection,
  { groupBy, tenants }: { groupBy: string | undefined; tenants: ReadonlyMap<string, Tenant> },
): Promise<MetricRows> {
  const toRow = (measured: Measured): MetricRow => ({
    orgCode: tenants.get(measured.tenant)?.code ?? '',
    ...(selection.subjectKind === 'service'
      ? { capabilityCode: '', service: measured.capability }
      : { capabilityCode: measured.capability }),
    metricType: measured.metric,
    ...toFigures(measured),
  });
  if (groupBy === undefined) {
    const found = await readMeasured(clickhouse, selection, READ_LIMITS.metricRows + 1);
    return cut(found.map(toRow), READ_LIMITS.metricRows);
  }
  const groups = await readByDimension(clickhouse, selection, { dimension: groupBy, limit: READ_LIMITS.groups + 1 });
  const rows = groups.map((measured) => ({ ...toRow(measured), dimensions: { [groupBy]: measured.group } }));
  return cut(rows, READ_LIMITS.groups);
}

function cut(rows: MetricRow[], limit: number): MetricRows {
  return { rows: rows.slice(0, limit).sort(byMetric), truncated: rows.length > limit };
}

function byMetric(a: MetricRow, b: MetricRow): number {
  return (
    compare(a.orgCode, b.orgCode) ||
    compare(a.capabilityCode, b.capabilityCode) ||
    compare(a.metricType, b.metricType) ||
    b.count - a.count
  );
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
