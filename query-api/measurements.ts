import type { ClickHouse } from '../platform/clickhouse.ts';
import type { Bucket } from './buckets.ts';
import { withBuckets } from './even-buckets.ts';
import { withExactQuantiles } from './exact-quantiles.ts';
import type { Aggregate } from './figures.ts';
import { loadQuery, type TelemetrySource, withoutIdleConditions, withSources } from './queries.ts';
import type { Range } from './range.ts';
import { type Ranks, toQuantiles } from './ranks.ts';
import { type Segment, type Source, segmentParams, sourcesAlignedWith, splitRange } from './segments.ts';
import { read } from './store.ts';

export type SubjectKind = 'capability' | 'service';

/** Which measurements a question is about. An empty capability or metric means any. */
export interface Selection {
  /** What `capability` names. Default: a capability. */
  subjectKind?: SubjectKind;
  /** Ids of the tenants. */
  tenants: readonly string[];
  capability: string;
  metric: string;
  range: Range;
  signal: AbortSignal;
}

interface Named {
  tenant: string;
  capability: string;
  metric: string;
}

export interface Measured extends Aggregate, Named {}

export interface MeasuredBucket extends Measured {
  /** Seconds since the epoch: the start of its bucket. */
  bucket: number;
}

export interface MeasuredGroup extends Measured {
  /** The value of the dimension; null for what lacks it. */
  group: string | null;
  isMixed: 0 | 1 | boolean;
}

/** The last second ClickHouse's DateTime can hold. */
const MAX_SECOND = 4_294_967_295;

/** The value of {@link MeasuredBucket.bucket} for what falls into a bucket. */
export const bucketSeconds = (start: number): number => Math.max(start, 0) / 1000;

const measurementsQuery = loadQuery('measurements');
const seriesQuery = loadQuery('series');
const byDimensionQuery = loadQuery('measurements-by-dimension');
const exactQuery = loadQuery('exact-quantiles');
const exactByDimensionQuery = loadQuery('exact-quantiles-by-dimension');
/** The rollup by dimensions has no minutes. */
const DIMENSION_SOURCES = ['days', 'hours', 'raw'] as const;

/** The exact aggregates of each tenant, capability and metric over the whole range; at most `limit` rows, ordered by these names. */
export async function readMeasured(clickhouse: ClickHouse, selection: Selection, limit: number): Promise<Measured[]> {
  const rows = await select<Measured>(clickhouse, {
    selection,
    query: measurementsQuery,
    segments: splitRange(selection.range),
    extra: { limit },
  });
  return withExactQuantiles(clickhouse, rows, {
    ...exactly(selection, { starts: [0] }),
    query: exactQuery,
    cellOf: () => 0,
  });
}

/** The exact aggregates of one metric of one tenant for each of the buckets that has measurements, in order of time. */
export async function readBuckets(
  clickhouse: ClickHouse,
  selection: Selection,
  buckets: readonly Bucket[],
): Promise<MeasuredBucket[]> {
  const { tenants, capability, metric, range } = selection;
  const instants = buckets.map(({ start }) => start);
  const starts = instants.map(bucketSeconds).filter((second) => second <= MAX_SECOND);
  const { query, params } = withBuckets(seriesQuery, starts);
  const rows = await select<Omit<MeasuredBucket, keyof Named>>(clickhouse, {
    selection,
    query,
    segments: splitRange(range, sourcesAlignedWith(instants)),
    extra: { ...params, limit: buckets.length },
  });
  const names = { tenant: tenants[0] ?? '', capability, metric };
  const named = rows.map((row) => ({ ...names, ...row }));
  const cellOf = ({ bucket }: MeasuredBucket) => bucket;
  return withExactQuantiles(clickhouse, named, { ...exactly(selection, { starts }), query: exactQuery, cellOf });
}

/**
 * The exact aggregates for each value of a dimension, at most `limit` rows, the largest first. Where the rollup did not keep the values apart,
 * the answer is computed from the events.
 */
export async function readByDimension(
  clickhouse: ClickHouse,
  selection: Selection,
  { dimension, limit }: { dimension: string; limit: number },
): Promise<MeasuredGroup[]> {
  const ask = (sources: readonly Source[]) =>
    select<MeasuredGroup>(clickhouse, {
      selection,
      query: byDimensionQuery,
      segments: splitRange(selection.range, sources),
      extra: { dimension, limit },
    });
  const kept = await ask(DIMENSION_SOURCES);
  const groups = kept[0]?.isMixed ? await ask(['raw']) : kept;
  const cellOf = ({ group }: MeasuredGroup) => group;
  const question = { ...exactly(selection, { dimension }), query: exactByDimensionQuery, cellOf };
  return withExactQuantiles(clickhouse, groups, question);
}

/** The part of a question about exact percentiles that follows from the selection. */
function exactly(
  { tenants, capability, metric, range, signal, subjectKind }: Selection,
  extra: Record<string, unknown>,
) {
  const [whole] = splitRange(range, ['raw']);
  const { from, to } = whole ?? { from: 0, to: 0 };
  return {
    signal,
    subjectKind,
    params: { tenants, capability, metric, from: new Date(from), to: new Date(to), ...extra },
  };
}

/** Where measurements are that no rollup has in whole cells. */
const RAW_SOURCES: Record<SubjectKind, readonly (Source | TelemetrySource)[]> = {
  capability: ['raw'],
  service: ['points', 'logs'],
};

interface Question {
  selection: Selection;
  query: string;
  segments: readonly Segment[];
  extra: Record<string, unknown>;
}

async function select<Row extends Aggregate>(clickhouse: ClickHouse, question: Question): Promise<Row[]> {
  const { selection, query, segments, extra } = question;
  const { tenants, capability, metric, signal, subjectKind: kind = 'capability' } = selection;
  if (tenants.length === 0 || segments.length === 0) return [];
  const sources = segments.flatMap(({ source }) => (source === 'raw' ? RAW_SOURCES[kind] : [source]));
  const params = { kind, tenants, capability, metric, ...segmentParams(segments), ...extra };
  const asked = withoutIdleConditions(withSources(query, sources), params);
  const rows = await read<Ranked<Row>>(clickhouse, { query: asked, params, signal });
  return rows.map(({ ranks, ...row }) => ({ ...row, quantiles: toQuantiles(ranks) }) as unknown as Row);
}

/** A row as the engine answers it. */
type Ranked<Row> = Omit<Row, 'quantiles'> & { ranks: Ranks };
