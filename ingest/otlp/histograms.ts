import type { HistogramPoint } from '../../schemas/telemetry/metric-batch.ts';
import { OTLP_LIMITS } from './otlp-limits.ts';
import type { Buckets, ExponentialData, HistogramData } from './otlp-model.ts';

/** Bounds and counts of a stored histogram, or why there can be none. */
export type Shape = Pick<HistogramPoint, 'bounds' | 'counts'> | 'bad_histogram' | 'too_many_buckets';

/** Without buckets all values are in one. */
export function shapeOf({ bounds, counts, count }: HistogramData): Shape {
  if (counts.length > OTLP_LIMITS.buckets) return 'too_many_buckets';
  if (counts.length === 0) return bounds.length === 0 && isAmount(count) ? { bounds: [], counts: [count] } : bad;
  const isAscending = bounds.every((bound, index) => Number.isFinite(bound) && bound > (bounds[index - 1] ?? lowest));
  return isAscending && counts.length === bounds.length + 1 && counts.every(isAmount) ? { bounds, counts } : bad;
}

const bad = 'bad_histogram';
const lowest = Number.NEGATIVE_INFINITY;
const isAmount = (count: number): boolean => Number.isFinite(count) && count >= 0;

/**
 * An exponential histogram by its explicit bounds: bucket `index` holds what is above base ** index and up to base ** (index + 1), where
 * base is 2 ** (2 ** -scale); negative values mirrored, those around zero between. Buckets beyond the range of a double fall together.
 * Increases of cumulative counts need the same bounds from point to point: these are given in whole blocks, so that they change only when
 * the values leave a block or the source its scale. Otherwise only buckets with something in them are given.
 */
export function explicitShape(data: ExponentialData, isCumulative: boolean): Shape {
  const { positive, negative, zeroCount, zeroThreshold, scale } = data;
  const counts = [...positive.counts, ...negative.counts, zeroCount];
  if (counts.length > OTLP_LIMITS.buckets) return 'too_many_buckets';
  const isShaped = counts.every(isAmount) && isAmount(zeroThreshold) && Number.isFinite(scale);
  if (!isShaped || !Number.isFinite(positive.offset) || !Number.isFinite(negative.offset)) return bad;
  const boundOf = (index: number) => 2 ** (index * 2 ** -scale);
  const shape = new ShapeBuilder();
  const bucketsOf = isCumulative ? inBlocks : filled;
  for (const [index, count] of bucketsOf(negative).reverse()) {
    shape.add(-boundOf(index + 1), 0);
    shape.add(-boundOf(index), count);
  }
  if (zeroThreshold > 0) shape.add(-zeroThreshold, 0);
  if (zeroCount > 0 || isCumulative) shape.add(zeroThreshold, zeroCount);
  for (const [index, count] of bucketsOf(positive)) {
    shape.add(boundOf(index), 0);
    shape.add(boundOf(index + 1), count);
  }
  return shape.finish();
}

/** Buckets with something in them, by index. */
function filled({ offset, counts }: Buckets): [number, number][] {
  return counts.map((count, position): [number, number] => [offset + position, count]).filter(([, count]) => count > 0);
}

const blockBuckets = 32;

/** All buckets of the blocks in which some are given. */
function inBlocks({ offset, counts }: Buckets): [number, number][] {
  if (counts.length === 0) return [];
  const first = Math.floor(offset / blockBuckets) * blockBuckets;
  const end = Math.ceil((offset + counts.length) / blockBuckets) * blockBuckets;
  return Array.from({ length: end - first }, (_, position) => [
    first + position,
    counts[first + position - offset] ?? 0,
  ]);
}

/** Collects buckets from the lowest; what has no upper bound of its own goes to the next one that has. */
class ShapeBuilder {
  readonly #bounds: number[] = [];
  readonly #counts: number[] = [];
  #last = lowest;
  #carried = 0;

  add(upper: number, count: number): void {
    this.#carried += count;
    if (!Number.isFinite(upper) || upper <= this.#last) return;
    this.#bounds.push(upper);
    this.#counts.push(this.#carried);
    this.#last = upper;
    this.#carried = 0;
  }

  finish(): Pick<HistogramPoint, 'bounds' | 'counts'> {
    return { bounds: this.#bounds, counts: [...this.#counts, this.#carried] };
  }
}
