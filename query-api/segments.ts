import type { Range } from './range.ts';

/** Where a part of a range is read from, coarse to fine: the rollups, and the raw events for what is no whole minute. */
export type Source = (typeof SOURCES)[number];

export interface Segment extends Range {
  source: Source;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

const SOURCES = ['days', 'hours', 'minutes', 'raw'] as const;
const UNIT_MS: Record<Source, number> = { days: DAY_MS, hours: HOUR_MS, minutes: MINUTE_MS, raw: 1 };

/** What the stores can hold: ClickHouse's DateTime ends in 2106. A range beyond it holds nothing more. */
const MIN_AT = 0;
const MAX_AT = 49_710 * DAY_MS;

/**
 * Cuts a range into disjoint segments that cover exactly its part from 1970 to 2106, in order of time, each from the coarsest of the given sources
 * whose whole cells fit. Every source occurs at most twice: once on each side of a coarser one.
 */
export function splitRange(range: Range, sources: readonly Source[] = SOURCES): Segment[] {
  return split({ from: clamp(range.from), to: clamp(range.to) }, sources);
}

/** The sources whose cells none of the instants (milliseconds since the epoch) cuts in two. */
export function sourcesAlignedWith(instants: readonly number[]): Source[] {
  return SOURCES.filter((source) => instants.every((at) => at % UNIT_MS[source] === 0));
}

/** The segments as parameters of a query, `<source>_from_1` to `<source>_to_2` for every source; what is not used is an empty range. */
export function segmentParams(segments: readonly Segment[]): Record<string, Date> {
  return Object.fromEntries(
    SOURCES.flatMap((source) => {
      const own = segments.filter((segment) => segment.source === source);
      return [0, 1].flatMap((index) => [
        [`${source}_from_${index + 1}`, new Date(own[index]?.from ?? 0)],
        [`${source}_to_${index + 1}`, new Date(own[index]?.to ?? 0)],
      ]);
    }),
  );
}

function split({ from, to }: Range, [source, ...finer]: readonly Source[]): Segment[] {
  if (from >= to || source === undefined) return [];
  const unit = UNIT_MS[source];
  const first = Math.ceil(from / unit) * unit;
  const end = Math.floor(to / unit) * unit;
  if (first >= end) return split({ from, to }, finer);
  return [...split({ from, to: first }, finer), { source, from: first, to: end }, ...split({ from: end, to }, finer)];
}

const clamp = (at: number): number => Math.min(Math.max(at, MIN_AT), MAX_AT);
