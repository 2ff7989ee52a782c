import type { ClickHouse } from '../platform/clickhouse.ts';
import type { EarlierIds, IdLookup } from './duplicates.ts';
import { eventTables } from './streams/events.ts';
import type { IdTable } from './streams/stream.ts';

/** ClickHouse takes 128 KiB a parameter; a character is at most 3 bytes, and an id has 3 more around it. */
export const MAX_PARAMETER_CHARS = 30_000;
/** A list of more than about 1 MiB in all is no constant to ClickHouse: it would be put together anew for every row, without the index. */
export const MAX_ID_PARAMETERS = 10;

const quotedChars = 3;

export interface EarlierIdsQuery {
  partition: number;
  first: number;
  lookups: readonly IdLookup[];
}

/** When ids were last stored from records of the partition before `first`. */
export async function findEarlierIds(clickhouse: ClickHouse, query: EarlierIdsQuery): Promise<EarlierIds> {
  const { partition, first, lookups } = query;
  const earlier = new Map<string, Map<string, number>>();
  for (const { tenant, ids, receivedFrom, table = eventTables.ids } of lookups) {
    const found = new Map<string, number>();
    earlier.set(tenant, found);
    const chunks = cutByLength(ids, MAX_PARAMETER_CHARS);
    for (let start = 0; start < chunks.length; start += MAX_ID_PARAMETERS) {
      const idParams = chunks.slice(start, start + MAX_ID_PARAMETERS).map((chunk, n) => [`ids${n}`, chunk] as const);
      const lists = idParams.map(([name]) => `{${name}:Array(String)}`);
      const rows = await clickhouse.select<{ id: string; receivedAt: number }>(earlierIdsQuery(table, lists), {
        ...{ tenant, partition, first, receivedFrom, ...Object.fromEntries(idParams) },
      });
      for (const { id, receivedAt } of rows) found.set(id, receivedAt);
    }
  }
  return earlier;
}

function earlierIdsQuery({ table, column, topic }: IdTable, idLists: readonly string[]): string {
  return `SELECT ${column} AS id, toUnixTimestamp64Milli(max(received_at)) AS receivedAt
    FROM ${table}
    WHERE tenant = {tenant:String}${topic === undefined ? '' : ` AND topic = '${topic}'`} AND ${column} IN arrayConcat(${idLists.join(', ')})
      AND received_at >= fromUnixTimestamp64Milli({receivedFrom:Int64}, 'UTC')
      AND log_partition = {partition:UInt16} AND log_offset < {first:UInt64}
    GROUP BY ${column}`;
}

/** Cuts texts into lists of at most `maxChars` characters together, quotes and commas included, in order; one longer text is a list of its own. */
function cutByLength(texts: readonly string[], maxChars: number): string[][] {
  const lists: string[][] = [];
  let room = 0;
  for (const text of texts) {
    const chars = text.length + quotedChars;
    if (chars > room || lists.length === 0) {
      lists.push([]);
      room = maxChars;
    }
    lists.at(-1)?.push(text);
    room -= chars;
  }
  return lists;
}
