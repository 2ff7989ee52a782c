import type { ClickHouse } from '../../platform/clickhouse.ts';
import { loadQuery } from '../queries.ts';
import type { Range } from '../range.ts';
import { read } from '../store.ts';

export interface StoredAnomaly {
  tenant: string;
  id: string;
  kind: string;
  /** Empty: none. */
  service: string;
  name: string;
  score: number;
  isResolved: number;
  /** Empty: none. */
  mutedBy: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  generatorUrl: string;
  truncated: number;
  /** Milliseconds since the epoch; the end 0 while it is open. */
  startsAtMs: number;
  endsAtMs: number;
}

export interface AnomalyFilter {
  /** Ids. */
  tenants: readonly string[];
  range: Range;
  /** Empty: any. */
  service: string;
  minScore: number;
  signal: AbortSignal;
}

/** Where a page ends. */
export type AnomalyPosition = Pick<StoredAnomaly, 'startsAtMs' | 'id' | 'tenant'>;

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
  const { tenants, range, service, minScore, signal } = filter;
  if (tenants.length === 0 || range.from >= range.to) return { anomalies: [], total: 0, next: undefined };
  const params = { tenants, service, minScore, from: new Date(range.from), to: new Date(range.to) };
  const position = {
    afterAt: new Date(after?.startsAtMs ?? range.to),
    afterId: after?.id ?? '',
    afterTenant: after?.tenant ?? '',
  };
  const [rows, counts] = await Promise.all([
    read<StoredAnomaly>(clickhouse, { query: pageQuery, params: { ...params, ...position, limit: limit + 1 }, signal }),
    read<{ count: number }>(clickhouse, { query: countQuery, params, signal }),
  ]);
  const anomalies = rows.slice(0, limit);
  return { anomalies, total: counts[0]?.count ?? 0, next: rows.length > limit ? anomalies.at(-1) : undefined };
}

/** The anomaly of that id; undefined when none of the tenants has it. */
export async function readAnomaly(
  clickhouse: ClickHouse,
  { tenants, id, signal }: { tenants: readonly string[]; id: string; signal: AbortSignal },
): Promise<StoredAnomaly | undefined> {
  if (tenants.length === 0) return undefined;
  const [row] = await read<StoredAnomaly>(clickhouse, { query: oneQuery, params: { tenants, id }, signal });
  return row;
}
