import type { HistogramPoint } from '../../schemas/telemetry/metric-batch.ts';
import type { BucketSide, NativeHistogram } from './write-request.ts';

/** Exponential schemas: each power of two is divided into 2^schema buckets. */
export const SCHEMAS = { min: -4, max: 8, custom: -53 } as const;
/** Buckets of one side as they are stored; a histogram with a wider range gets coarser buckets, two made one, until it fits. */
export const MAX_SIDE_BUCKETS = 160;
/** The range of buckets is widened to multiples of this, so that it seldom changes: only like buckets can be subtracted. */
const bucketAlignment = 8;

/** Count by bucket number. */
type Buckets = Map<number, number>;

/** Buckets of a side without gaps, from the first number on. */
interface Dense {
  schema: number;
  first: number;
  counts: number[];
}

/** Bounds and counts while a histogram is built, ascending. */
interface Layout {
  bounds: number[];
  counts: number[];
}

/** The histogram with its buckets spelt out, or undefined when what was sent is inconsistent or of a schema that is not known. */
export function acceptHistogram(native: NativeHistogram): HistogramPoint | undefined {
  const layout = native.schema === SCHEMAS.custom ? customLayout(native) : exponentialLayout(native);
  if (layout === undefined || !isClean(layout)) return undefined;
  const { at, startAt, sum } = native;
  return { at, startAt, sum: Number.isFinite(sum) ? sum + 0 : null, min: null, max: null, ...layout };
}

function isClean({ bounds, counts }: Layout): boolean {
  const isAscending = bounds.every(
    (bound, index) => Number.isFinite(bound) && bound > (bounds[index - 1] ?? Number.NEGATIVE_INFINITY),
  );
  return isAscending && counts.every((count) => Number.isFinite(count) && count >= 0);
}

function customLayout({ customValues, positive }: NativeHistogram): Layout | undefined {
  const buckets = bucketsOf(positive);
  if (buckets === undefined) return undefined;
  const counts = new Array<number>(customValues.length + 1).fill(0);
  for (const [index, count] of buckets) {
    if (index < 0 || index >= counts.length) return undefined;
    counts[index] = count;
  }
  return { bounds: [...customValues], counts };
}

function exponentialLayout({ schema, zeroThreshold, zeroCount, ...sides }: NativeHistogram): Layout | undefined {
  const [positive, negative] = [bucketsOf(sides.positive), bucketsOf(sides.negative)];
  const isKnown = schema >= SCHEMAS.min && schema <= SCHEMAS.max && zeroThreshold >= 0;
  if (!isKnown || positive === undefined || negative === undefined) return undefined;
  const layout: Layout = { bounds: [], counts: [] };
  if (negative.size > 0) {
    pushNegative(layout, denseOf(negative, schema));
    if (zeroThreshold > 0) pushBucket(layout, -zeroThreshold, 0);
  }
  pushBucket(layout, zeroThreshold, zeroCount);
  if (positive.size > 0) pushPositive(layout, denseOf(positive, schema));
  // Beyond the last bound.
  if (layout.counts.length === layout.bounds.length) layout.counts.push(0);
  return layout;
}

// Bucket n holds what is above bound(n - 1) and at most bound(n).
function pushPositive(layout: Layout, { schema, first, counts }: Dense): void {
  const last = layout.bounds.at(-1) ?? 0;
  if (boundOf(first - 1, schema) > last) pushBucket(layout, boundOf(first - 1, schema), 0);
  let beyond = 0;
  for (const [index, count] of counts.entries()) {
    const bound = boundOf(first + index, schema);
    if (Number.isFinite(bound) && bound > last) pushBucket(layout, bound, count);
    else if (count > 0) beyond += bound > last ? count : Number.NaN;
  }
  layout.counts.push(beyond);
}

function pushNegative(layout: Layout, { schema, first, counts }: Dense): void {
  const lowest = -boundOf(first + counts.length - 1, schema);
  if (Number.isFinite(lowest)) pushBucket(layout, lowest, 0);
  for (let index = counts.length - 1; index >= 0; index--) {
    pushBucket(layout, -boundOf(first + index - 1, schema), counts[index] ?? 0);
  }
}

/** A bucket up to a bound. One that is no wider than nothing is left out, or spoils the histogram when it holds anything. */
function pushBucket({ bounds, counts }: Layout, bound: number, count: number): void {
  const last = bounds.at(-1) ?? Number.NEGATIVE_INFINITY;
  if (bound <= last && count === 0) return;
  bounds.push(bound);
  counts.push(count);
}

const boundOf = (bucket: number, schema: number): number => 2 ** (bucket / 2 ** schema);

function denseOf(buckets: Buckets, sentSchema: number): Dense {
  let schema = sentSchema;
  let merged = buckets;
  let range = rangeOf(merged);
  while (range.last - range.first >= MAX_SIDE_BUCKETS) {
    schema--;
    merged = halve(merged);
    range = rangeOf(merged);
  }
  const counts = new Array<number>(range.last - range.first + 1).fill(0);
  for (const [bucket, count] of merged) counts[bucket - range.first] = count;
  return { schema, first: range.first, counts };
}

/** First and last bucket, widened to whole groups. */
function rangeOf(buckets: Buckets): { first: number; last: number } {
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const bucket of buckets.keys()) {
    lowest = Math.min(lowest, bucket);
    highest = Math.max(highest, bucket);
  }
  const first = Math.floor((lowest - 1) / bucketAlignment) * bucketAlignment + 1;
  return { first, last: Math.ceil(highest / bucketAlignment) * bucketAlignment };
}

/** The same counts with half the resolution. */
function halve(buckets: Buckets): Buckets {
  const merged: Buckets = new Map();
  for (const [bucket, count] of buckets) {
    const wider = Math.ceil(bucket / 2);
    merged.set(wider, (merged.get(wider) ?? 0) + count);
  }
  return merged;
}

/** The populated buckets of a side; undefined when spans and counts do not agree. */
function bucketsOf({ spans, deltas, counts }: BucketSide): Buckets | undefined {
  const absolute = counts.length > 0 ? counts : runningSums(deltas);
  const buckets: Buckets = new Map();
  let bucket = 0;
  let next = 0;
  for (const { offset, length } of spans) {
    bucket += offset;
    if (length > absolute.length - next || Math.abs(bucket) > maxBucket) return undefined;
    for (let index = 0; index < length; index++) buckets.set(bucket++, absolute[next++] ?? 0);
  }
  return next === absolute.length ? buckets : undefined;
}

/** No double is in a bucket beyond: 1,074 powers of two on either side of one, 256 buckets each. */
const maxBucket = 1_074 * 256 + 1;

function runningSums(deltas: readonly number[]): number[] {
  let sum = 0;
  return deltas.map((delta) => {
    sum += delta;
    return sum;
  });
}
