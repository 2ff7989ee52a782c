import type { ClickHouse } from '../../../platform/clickhouse.ts';
import type { LogStore } from '../../../platform/log-store/log-store.ts';
import { decodeProgress } from '../../../processors/progress.ts';
import { PROCESSORS_GROUP, TOPIC_SETTINGS, TOPICS } from '../../../schemas/topics.ts';

interface StoredTenant {
  tenant: string;
  from: number;
  to: number;
}

const minuteSeconds = 60;

/**
 * Takes away what the view per minute made of an insert that is stored and not yet advanced over, as a ClickHouse does that dies between
 * the rows and their views. False when no such insert is under way.
 */
export async function loseViewOfPlannedInsert(log: LogStore, clickhouse: ClickHouse): Promise<boolean> {
  for (let partition = 0; partition < TOPIC_SETTINGS[TOPICS.events].partitions; partition++) {
    const committed = await log.committed(PROCESSORS_GROUP, TOPICS.events, partition);
    const plan = decodeProgress(committed?.metadata ?? '').plan;
    if (committed === undefined || plan === undefined) continue;
    const [stored] = await clickhouse.select<StoredTenant>(
      `SELECT tenant, toUnixTimestamp(min(at)) AS from, toUnixTimestamp(max(at)) AS to FROM events
       WHERE log_partition = {partition:UInt16} AND log_offset BETWEEN {first:UInt64} AND {last:UInt64}
       GROUP BY tenant ORDER BY tenant LIMIT 1`,
      { partition, first: committed.offset, last: plan.end },
    );
    if (stored === undefined) continue;
    await clickhouse.command(
      `DELETE FROM measurements_1m WHERE tenant = {tenant:String}
       AND at BETWEEN toDateTime({from:UInt32}, 'UTC') AND toDateTime({to:UInt32}, 'UTC')`,
      { ...stored, from: stored.from - (stored.from % minuteSeconds) },
      { settings: { lightweight_deletes_sync: '2' } },
    );
    return true;
  }
  return false;
}
