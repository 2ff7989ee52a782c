import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouse } from '../platform/clickhouse.ts';

export interface WaitForInserts {
  /** How long the inserts are waited for, milliseconds. */
  maxWaitMs: number;
  /** Before the first look whether they have ended, at least. */
  pauseMs?: number;
}

const pollMs = 50;

/** Waits until the inserts into this database that run now have fed their views and ended; false when they take too long. */
export async function insertsHaveEnded(
  clickhouse: ClickHouse,
  { maxWaitMs, pauseMs = 0 }: WaitForInserts,
): Promise<boolean> {
  let running = await runningInserts(clickhouse);
  if (pauseMs > 0) await sleep(pauseMs);
  for (let waitedMs = pauseMs; running.size > 0; waitedMs += pollMs) {
    if (waitedMs > maxWaitMs) return false;
    await sleep(pollMs);
    const now = await runningInserts(clickhouse);
    running = new Set([...running].filter((id) => now.has(id)));
  }
  return true;
}

async function runningInserts(clickhouse: ClickHouse): Promise<Set<string>> {
  const rows = await clickhouse.select<{ id: string }>(
    `SELECT query_id AS id FROM system.processes WHERE query_kind = 'Insert' AND current_database = currentDatabase()`,
  );
  return new Set(rows.map(({ id }) => id));
}

/** Waits until every DELETE of the table has reached every part that was begun before it; false when that takes too long. */
export async function deletesAreDone(clickhouse: ClickHouse, table: string, maxWaitMs: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs <= maxWaitMs; waitedMs += pollMs) {
    const [pending] = await clickhouse.select<{ count: number }>(
      'SELECT count() AS count FROM system.mutations WHERE database = currentDatabase() AND table = {table:String} AND NOT is_done',
      { table },
    );
    if (pending?.count === 0) return true;
    await sleep(pollMs);
  }
  return false;
}
