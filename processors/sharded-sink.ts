import type { RowSink } from './sink.ts';

/**
 * Several servers as one sink: all that a partition of the log ever stored is on one of them, so plans, tokens, repairs and ids work there as
 * on a single server. The number of shards is decided before the first event: with another one, partitions would look in the wrong place.
 */
export function createShardedSink(shards: readonly RowSink[]): RowSink {
  if (shards.length === 0) throw new RangeError('a sink needs at least one shard');
  const of = (partition: number): RowSink => shards[partition % shards.length] as RowSink;
  return {
    insert: (range) => of(range.partition).insert(range),
    reconcile: (range, confirm) => of(range.partition).reconcile(range, confirm),
    findEarlierIds: (partition, ...question) => of(partition).findEarlierIds(partition, ...question),
    findEarlierTotals: (partition, ...question) => of(partition).findEarlierTotals(partition, ...question),
  };
}
