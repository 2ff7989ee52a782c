import type { ClickHouse } from '../../platform/clickhouse.ts';
import type { Contribution } from '../../schemas/api/anomalies.ts';
import { loadQuery } from '../queries.ts';
import { read } from '../store.ts';
import type { StoredAnomaly } from './read-anomalies.ts';

/** Values of dimensions that are looked at, those with most measurements. */
export const MAX_DIMENSION_VALUES = 1_000;
/** A value stands out when its share of the departure is larger than its share of the measurements by this much. */
const minExcess = 0.1;
const hourMs = 3_600_000;

const dimensionsQuery = loadQuery('anomaly-dimensions');

/** What was measured with one value of a dimension in the hour of an anomaly, and usually. */
export interface DimensionValue {
  dimension: string;
  value: string;
  count: number;
  sum: number;
  usualCount: number;
  usualSum: number;
}

/** The value of a dimension that departs most from its usual mean in the hour of a time (ms); null where none stands out. */
export async function findContribution(
  clickhouse: ClickHouse,
  { tenant, subjectKind: kind, subject, name: metric }: StoredAnomaly,
  { at, signal }: { at: number; signal: AbortSignal },
): Promise<Contribution | null> {
  const hour = (Math.floor(at / hourMs) * hourMs) / 1000;
  const params = { tenant, kind, subject, metric, hour, limit: MAX_DIMENSION_VALUES };
  return strongest(await read<DimensionValue>(clickhouse, { query: dimensionsQuery, params, signal }));
}

/** The value with the largest share of its dimension's departure beyond its share of the measurements. */
export function strongest(values: readonly DimensionValue[]): Contribution | null {
  let best: Contribution | null = null;
  let bestExcess = minExcess;
  for (const group of Map.groupBy(values, ({ dimension }) => dimension).values()) {
    const usual = meanOf(sum(group, 'usualSum'), sum(group, 'usualCount'));
    if (usual === undefined) continue;
    const departures = group.map((one) => one.sum - one.count * (meanOf(one.usualSum, one.usualCount) ?? usual));
    const total = departures.reduce((all, departure) => all + Math.abs(departure), 0);
    const count = sum(group, 'count');
    for (const [index, one] of group.entries()) {
      const share = total === 0 ? 0 : Math.abs(departures[index] ?? 0) / total;
      if (share - one.count / count <= bestExcess) continue;
      bestExcess = share - one.count / count;
      best = toContribution(one, share, usual);
    }
  }
  return best;
}

function toContribution({ dimension, value, count, sum, ...before }: DimensionValue, share: number, usual: number) {
  const usualMean = meanOf(before.usualSum, before.usualCount) ?? usual;
  return { dimension, value, share: rounded(share), count, mean: sum / count, usual_mean: usualMean };
}

const rounded = (share: number): number => Math.round(share * 1e4) / 1e4;

function meanOf(total: number, count: number): number | undefined {
  return count === 0 ? undefined : total / count;
}

function sum(values: readonly DimensionValue[], name: 'count' | 'usualSum' | 'usualCount'): number {
  return values.reduce((all, value) => all + value[name], 0);
}
