import type { ClickHouse } from '../../platform/clickhouse.ts';
import { SLO_LIMITS } from '../../schemas/api/slo.ts';
import type { EventCount } from '../../schemas/slo/slo-figures.ts';
import { overlapMs, type Span } from '../../schemas/spans.ts';
import { loadQuery, withSources } from '../queries.ts';
import type { Source } from '../segments.ts';
import { read } from '../store.ts';
import { DIMENSION_SOURCES, SERIES_SOURCES, spansBySource } from './slo-spans.ts';
import type { StoredSlo } from './slo-store.ts';

/** Events of an SLO within spans of whole minutes: in order, disjoint. */
export interface CountQuestion {
  slo: StoredSlo;
  spans: readonly Span[];
  signal: AbortSignal;
}

export interface Attribution extends EventCount {
  dimension: string;
  value: string;
}

interface CountRow {
  events: number;
  good: number;
  isMixed: number | boolean;
}

interface MinuteRow {
  /** Seconds since the epoch. */
  minute: number;
  events: number;
  good: number;
}

const MINUTE_MS = 60_000;
const SECOND_MS = 1000;

const countsQuery = loadQuery('slo-counts');
const countsByDimensionQuery = loadQuery('slo-counts-by-dimension');
const minutesQuery = loadQuery('slo-minutes');
const minutesByDimensionQuery = loadQuery('slo-minutes-by-dimension');
const attributionQuery = loadQuery('slo-attribution');

const hasDimensions = ({ dimensions }: StoredSlo): boolean => Object.keys(dimensions).length > 0;

/** Exactly how many events with a target there were, and how many missed it: from the rollups, or from the events where those do not keep the dimensions apart. */
export async function readCount(clickhouse: ClickHouse, question: CountQuestion): Promise<EventCount> {
  const { slo } = question;
  const query = hasDimensions(slo) ? countsByDimensionQuery : countsQuery;
  const ask = (sources: readonly Source[]) => readSpans<CountRow>(clickhouse, question, { query, sources });
  const [row] = await ask(hasDimensions(slo) ? DIMENSION_SOURCES : SERIES_SOURCES);
  return toCount(row?.isMixed ? (await ask(['raw']))[0] : row);
}

/** The same for each of several lengths before a minute `at` (milliseconds), without what is excluded. */
export async function readRecent(
  clickhouse: ClickHouse,
  { slo, signal }: Omit<CountQuestion, 'spans'>,
  { at, lengthsMs, excluded }: { at: number; lengthsMs: readonly number[]; excluded: readonly Span[] },
): Promise<EventCount[]> {
  const from = new Date(Math.max(0, at - Math.max(...lengthsMs)));
  const rows = await read<MinuteRow>(clickhouse, {
    query: hasDimensions(slo) ? minutesByDimensionQuery : minutesQuery,
    params: { ...paramsOf(slo), from, to: new Date(at) },
    signal,
  });
  const minutes = rows.map((row) => ({ start: row.minute * SECOND_MS, ...toCount(row) }));
  const counted = minutes.filter(({ start }) => overlapMs({ from: start, to: start + MINUTE_MS }, excluded) === 0);
  return lengthsMs.map((length) => sumOf(counted.filter(({ start }) => start >= at - length)));
}

/** The values of dimensions that the bad events had, most first. */
export async function readAttribution(clickhouse: ClickHouse, question: CountQuestion): Promise<Attribution[]> {
  const extra = { limit: SLO_LIMITS.attributions };
  return readSpans<Attribution>(clickhouse, question, { query: attributionQuery, sources: DIMENSION_SOURCES, extra });
}

interface SpanRead {
  query: string;
  sources: readonly Source[];
  extra?: Record<string, unknown>;
}

async function readSpans<Row>(
  clickhouse: ClickHouse,
  { slo, spans, signal }: CountQuestion,
  { query, sources, extra = {} }: SpanRead,
): Promise<Row[]> {
  const found = spansBySource(spans, sources);
  if (found.sources.length === 0) return [];
  const params = { ...paramsOf(slo), ...found.params, ...extra };
  return read<Row>(clickhouse, { query: withSources(query, found.sources), params, signal });
}

const paramsOf = ({ tenant, subjectKind: kind, subject, metric, dimensions }: StoredSlo) => ({
  ...{ tenant, kind, subject, metric },
  names: Object.keys(dimensions),
  values: Object.values(dimensions),
});

const toCount = (row: Pick<CountRow, 'events' | 'good'> | undefined): EventCount =>
  row === undefined ? { events: 0, bad: 0 } : { events: row.events, bad: row.events - row.good };

const sumOf = (counts: readonly EventCount[]): EventCount => ({
  events: counts.reduce((sum, { events }) => sum + events, 0),
  bad: counts.reduce((sum, { bad }) => sum + bad, 0),
});
