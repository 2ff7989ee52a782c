import type { Span } from '../../schemas/spans.ts';
import { type Segment, type Source, splitRange } from '../segments.ts';

/** Where whole minutes are read from; the rollup by dimensions has none. */
export const SERIES_SOURCES = ['days', 'hours', 'minutes'] as const;
export const DIMENSION_SOURCES = ['days', 'hours', 'raw'] as const;

export interface SpansBySource {
  sources: Source[];
  params: Record<string, Date | number[]>;
}

const SECOND_MS = 1000;

/** Disjoint spans of whole minutes, in order, as parameters of a query: each from the coarsest of the sources whose whole cells fit. */
export function spansBySource(spans: readonly Span[], sources: readonly Source[]): SpansBySource {
  const segments = spans.flatMap((span) => splitRange(span, sources));
  const ofSource = (source: Source) => segments.filter((segment) => segment.source === source);
  return {
    sources: sources.filter((source) => ofSource(source).length > 0),
    params: Object.assign({}, ...sources.map((source) => paramsOf(source, ofSource(source)))),
  };
}

function paramsOf(source: Source, segments: readonly Segment[]): SpansBySource['params'] {
  const unit = source === 'raw' ? 1 : SECOND_MS;
  return {
    [`${source}_from`]: segments.map(({ from }) => from / unit),
    [`${source}_to`]: segments.map(({ to }) => to / unit),
    [`${source}_least`]: new Date(segments[0]?.from ?? 0),
    [`${source}_most`]: new Date(segments.at(-1)?.to ?? 0),
  };
}
