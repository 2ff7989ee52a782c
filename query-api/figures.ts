/** What the engine knows of a group of measurements; `quantiles` are p50, p90, p95, p99 within 1 %. */
export interface Aggregate {
  count: number;
  sum: number;
  min: number;
  max: number;
  quantiles: readonly [number, number, number, number];
  slaMet: number;
  slaTotal: number;
}

/** The figures of a group as the API shows them. */
export interface Figures {
  count: number;
  sum: number;
  avg: number;
  min: number;
  max: number;
  p50: number;
  p90: number;
  p95: number;
  p99: number;
  /** Share of the measurements that had a target and met it, four decimals at most; null when none had one. */
  slaCompliance: number | null;
}

const complianceDecimals = 1e4;

/** The figures of a group that holds at least one measurement. */
export function toFigures(group: Aggregate): Figures {
  const { count, min, max } = group;
  // A sum of values near the end of the number range is infinite, which JSON cannot carry.
  const sum = finite(group.sum);
  const [p50, p90, p95, p99] = group.quantiles;
  // The sketch answers within 1 %, which may lie outside of what was measured.
  const inside = (value: number) => Math.min(Math.max(value, min), max);
  return {
    count,
    sum,
    avg: inside(sum / count),
    min,
    max,
    p50: inside(p50),
    p90: inside(p90),
    p95: inside(p95),
    p99: inside(p99),
    slaCompliance: toCompliance(group),
  };
}

function toCompliance({ slaMet, slaTotal }: Pick<Aggregate, 'slaMet' | 'slaTotal'>): number | null {
  return slaTotal === 0 ? null : Math.round((slaMet / slaTotal) * complianceDecimals) / complianceDecimals;
}

const finite = (value: number): number => Math.min(Math.max(value, -Number.MAX_VALUE), Number.MAX_VALUE);
