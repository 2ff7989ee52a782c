import type { HistogramPoint, MetricPoint } from '../../schemas/telemetry/metric-batch.ts';
import type { SeriesHead } from '../../schemas/telemetry/metric-batch-writer.ts';
import { hash32 } from '../analytics/hash.ts';
import type { SeriesTotal } from './series-totals.ts';

/** A total that began at most so long before its first point was made since then: all of it counts. An older one was made before we looked. */
export const FRESH_TOTAL_MS = 600_000;

// Shared by all that have none; nothing changes it.
const none: readonly number[] = [];
const secondSeed = 0x9e3779b9;
const highBits = 21;

/** What one point of a cumulative series means. */
export interface Increase {
  /** Null: nothing can be said yet. */
  value: number | null;
  /** By bucket, of a histogram; else empty. */
  counts: readonly number[];
  /** Whether the series goes on from this point. One that comes out of order changes nothing. */
  carries: boolean;
}

type Total = Pick<SeriesTotal, 'at' | 'startAt' | 'value' | 'counts'>;

/** Names a series by 53 bits: equal for equal tenant, service, metric, labels and buckets, in every process. */
export function seriesId(tenant: string, series: SeriesHead, bounds: readonly number[] = []): number {
  let name = `${tenant}\0${series.service}\0${series.metric}`;
  for (const label of Object.keys(series.labels).sort()) name += `\0${label}\0${series.labels[label]}`;
  if (bounds.length > 0) name += `\0\0${bounds.join(' ')}`;
  return (hash32(name) >>> (32 - highBits)) * 2 ** 32 + hash32(name, secondSeed);
}

/** The total a point or a histogram tells. */
export function totalOfPoint({ at, startAt, value }: MetricPoint): Total {
  return { at, startAt, value, counts: none };
}

/** See {@link totalOfPoint}. */
export function totalOfHistogram({ at, startAt, sum, counts }: HistogramPoint): Total {
  return { at, startAt, value: sum ?? 0, counts };
}

/**
 * The increase since the last total of the series. A total that fell, or began after the last one, was reset: all of it is new. Without a last
 * one nothing is known, unless the total began just before.
 */
export function increaseSince(last: SeriesTotal | undefined, total: Total): Increase {
  if (last === undefined) {
    const isFresh = total.startAt > 0 && total.startAt < total.at && total.at - total.startAt <= FRESH_TOTAL_MS;
    return isFresh ? allOf(total) : { value: null, counts: none, carries: true };
  }
  if (total.at <= last.at) return { value: null, counts: none, carries: false };
  if (isReset(last, total)) return allOf(total);
  return { value: total.value - last.value, counts: growthOf(total, last), carries: true };
}

const allOf = ({ value, counts }: Total): Increase => ({ value, counts, carries: true });

function growthOf({ counts }: Total, last: SeriesTotal): readonly number[] {
  return counts.length === 0 ? none : counts.map((count, bucket) => count - (last.counts[bucket] ?? 0));
}

function isReset(last: SeriesTotal, { startAt, value, counts }: Total): boolean {
  if (startAt > 0 && startAt >= last.at) return true;
  // The sum of a histogram may fall: values may be negative.
  if (counts.length === 0) return value < last.value;
  return counts.some((count, bucket) => count < (last.counts[bucket] ?? 0));
}
