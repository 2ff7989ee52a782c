import type { ClickHouse } from '../platform/clickhouse.ts';
import type { EarlierTotals, SeriesTotal, TotalLookup } from './streams/series-totals.ts';

/** Series asked for by one statement: a parameter is at most 128 KiB, a number at most 17 bytes. */
export const MAX_LOOKUP_SERIES = 7_000;

export interface EarlierTotalsQuery {
  partition: number;
  first: number;
  lookups: readonly TotalLookup[];
}

/** The last total of each series that the partition stored from records before `first`. */
export async function findEarlierTotals(clickhouse: ClickHouse, query: EarlierTotalsQuery): Promise<EarlierTotals> {
  const { partition, first, lookups } = query;
  const found = new Map<number, SeriesTotal>();
  for (const { tenant, series, receivedFrom } of lookups) {
    for (let start = 0; start < series.length; start += MAX_LOOKUP_SERIES) {
      const some = series.slice(start, start + MAX_LOOKUP_SERIES);
      const rows = await clickhouse.select<SeriesTotal & { id: number }>(earlierTotals, {
        ...{ tenant, partition, first, receivedFrom, series: some },
      });
      for (const { id, ...total } of rows) found.set(id, total);
    }
  }
  return found;
}

const last = (column: string): string => `argMax(${column}, (t.log_offset, t.log_index))`;

const earlierTotals = `SELECT series AS id, ${last('t.value')} AS value, ${last('t.counts')} AS counts,
    toUnixTimestamp64Milli(${last('t.at')}) AS at, toUnixTimestamp64Milli(${last('t.start_at')}) AS startAt,
    toUnixTimestamp64Milli(${last('t.received_at')}) AS receivedAt
  FROM series_totals AS t
  WHERE tenant = {tenant:String} AND series IN {series:Array(UInt64)}
    AND received_at >= fromUnixTimestamp64Milli({receivedFrom:Int64}, 'UTC')
    AND log_partition = {partition:UInt16} AND log_offset < {first:UInt64}
  GROUP BY series`;
