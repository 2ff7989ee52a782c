import type { ClickHouse } from '../../platform/clickhouse.ts';
import type { AnomalyKind } from '../../schemas/api/anomalies.ts';
import { loadQuery } from '../queries.ts';
import type { Range } from '../range.ts';
import { read } from '../store.ts';

export interface StoredAnomaly {
  tenant: string;
  id: string;
  kind: AnomalyKind;
  /** Empty: none. */
  subjectKind: string;
  subject: string;
  name: string;
  score: number;
  /** Null: that of the score. */
  zScore: number | null;
  isResolved: number | boolean;
  /** Empty: none. */
  reason: string;
  direction: string;
  mutedBy: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  generatorUrl: string;
  truncated: number;
  /** Milliseconds since the epoch; the end 0 while it is open. */
  detectedAtMs: number;
  startsAtMs: number;
  endsAtMs: number;
}

/** Of one anomaly, what it is explained by. */
export interface StoredFinding {
  evidence: string;
  isProvisional: boolean;
  /** Empty for an alert. Times in milliseconds. */
  finding:
    | [
        at: number,
        expected: number,
        low: number,
        high: number,
        value: number,
        probability: number,
        points: number,
        baselineFrom: number,
        baselineTo: number,
      ]
    | [];
}

export interface AnomalyFilter {
  /** Ids. */
  tenants: readonly string[];
  range: Range;
  /** Empty: any. */
  service: string;
  kind: AnomalyKind | '';
  /** Undefined: either. */
  resolved: boolean | undefined;
  /** Of anomalies that were resolved by hand. */
  resolvedIds: readonly string[];
  minScore: number;
  signal: AbortSignal;
}

/** Where a page ends. */
export type AnomalyPosition = Pick<StoredAnomaly, 'detectedAtMs' | 'id' | 'tenant'>;

export interface AnomalySlice {
  /** Behind this one; undefined: from the newest. */
  after: AnomalyPosition | undefined;
  limit: number;
}

export interface AnomalyPage {
  anomalies: StoredAnomaly[];
  /** On all pages. */
  total: number;
  /** Undefined on the last page. */
  next: AnomalyPosition | undefined;
}

const pageQuery = loadQuery('anomalies');
const countQuery = loadQuery('anomaly-count');
const oneQuery = loadQuery('anomaly-by-id');

/** One page of anomalies, newest first. What comes in meanwhile moves none to another page. */
export async function readAnomalies(
  clickhouse: ClickHouse,
  filter: AnomalyFilter,
  { after, limit }: AnomalySlice,
): Promise<AnomalyPage> {
  const { tenants, range, signal } = filter;
  if (tenants.length === 0 || range.from >= range.to) return { anomalies: [], total: 0, next: undefined };
  const position = {
    afterAt: new Date(after?.detectedAtMs ?? range.to),
    afterId: after?.id ?? '',
    afterTenant: after?.tenant ?? '',
  };
  const params = { ...paramsOf(filter), ...position, limit: limit + 1 };
  const [rows, total] = await Promise.all([
    read<StoredAnomaly>(clickhouse, { query: pageQuery, params, signal }),
    countAnomalies(clickhouse, filter),
  ]);
  const anomalies = rows.slice(0, limit);
  return { anomalies, total, next: rows.length > limit ? anomalies.at(-1) : undefined };
}

/** How many anomalies there are, of at least one tenant. */
export async function countAnomalies(clickhouse: ClickHouse, filter: AnomalyFilter): Promise<number> {
  const params = paramsOf(filter);
  const [counted] = await read<{ count: number }>(clickhouse, { query: countQuery, params, signal: filter.signal });
  return counted?.count ?? 0;
}

function paramsOf({ tenants, range, service, kind, resolved, resolvedIds, minScore }: AnomalyFilter) {
  const state = resolved === undefined ? -1 : Number(resolved);
  const bounds = { from: new Date(range.from), to: new Date(range.to) };
  return { ...bounds, tenants, service, kind, minScore, resolvedIds, resolved: state };
}

/** The anomaly of that id; undefined when none of the tenants has it. */
export async function readAnomaly(
  clickhouse: ClickHouse,
  { tenants, id, signal }: { tenants: readonly string[]; id: string; signal: AbortSignal },
): Promise<(StoredAnomaly & StoredFinding) | undefined> {
  if (tenants.length === 0) return undefined;
  const [row] = await read<StoredAnomaly & StoredFinding>(clickhouse, {
    query: oneQuery,
    params: { tenants, id },
    signal,
  });
  return row;
}
