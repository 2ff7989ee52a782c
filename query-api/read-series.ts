import type { ClickHouse } from '../platform/clickhouse.ts';
import type { SeriesPoint, SeriesQuery } from '../schemas/api/metrics.ts';
import type { Bucket } from './buckets.ts';
import { toFigures } from './figures.ts';
import { bucketSeconds, type MeasuredBucket, readBuckets, type Selection } from './measurements.ts';

/** The points of one metric, one for each bucket that has events, or for every bucket when they are to be filled. */
export async function readSeries(
  clickhouse: ClickHouse,
  selection: Selection,
  { buckets, fill }: { buckets: readonly Bucket[]; fill: SeriesQuery['fill'] },
): Promise<SeriesPoint[]> {
  const measured = await readBuckets(clickhouse, selection, buckets);
  const bySecond = new Map(measured.map((row) => [row.bucket, row]));
  const points: SeriesPoint[] = [];
  for (const { start, date } of buckets) {
    const row = bySecond.get(bucketSeconds(start));
    if (row !== undefined) points.push(toPoint(date, row));
    else if (fill !== undefined) points.push(emptyPoint(date, fill));
  }
  return points;
}

function toPoint(date: string, row: MeasuredBucket): SeriesPoint {
  const { avg, count, min, max, p50, p95, slaCompliance } = toFigures(row);
  return { date, avg, count, min, max, p50, p95, slaCompliance };
}

// Even filled with zeros, a bucket without events has no compliance: 0 would say that all of them were too late.
function emptyPoint(date: string, fill: 'null' | 'zero'): SeriesPoint {
  const value = fill === 'zero' ? 0 : null;
  return { date, avg: value, count: 0, min: value, max: value, p50: value, p95: value, slaCompliance: null };
}
