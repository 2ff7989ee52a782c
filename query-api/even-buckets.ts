export interface Bucketing {
  query: string;
  /** What the query needs to know of the buckets. */
  params: Record<string, unknown>;
}

const bucketOf = /roundDown\((toUnixTimestamp\([\w.]+\)), \{starts:Array\(UInt32\)\}\)/g;
const evenBucketOf = '{origin:UInt32} + intDiv($1 - {origin:UInt32}, {step:UInt32}) * {step:UInt32}';

/**
 * A query that finds the bucket of a time by `starts` (seconds since the epoch, ascending), with them; where they are evenly apart, as all but months and
 * days of changing clocks are, it computes the bucket instead: a list of thousands takes longer to send, parse and search than the rows to read.
 */
export function withBuckets(query: string, starts: readonly number[]): Bucketing {
  const [origin = 0, second = origin] = starts;
  const step = second - origin;
  const isEven = step > 0 && starts.every((start, index) => start === origin + index * step);
  if (!isEven) return { query, params: { starts } };
  return { query: query.replace(bucketOf, evenBucketOf), params: { origin, step } };
}
