import type { Sql } from '../../platform/postgres.ts';
import { ANALYTICS_GROUP } from '../../schemas/topics.ts';

/** When the stateful processors last saved a snapshot of a partition; undefined: never. */
export type LastRun = () => Promise<Date | undefined>;

export function createLastRun(sql: Sql): LastRun {
  return async function lastRun() {
    const [row] = await sql<{ savedAt: Date | null }[]>`
      SELECT max(saved_at) AS "savedAt" FROM processor_snapshots
      WHERE consumer_group = ${ANALYTICS_GROUP} AND log_offset IS NOT NULL`;
    return row?.savedAt ?? undefined;
  };
}
