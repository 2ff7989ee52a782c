import { setTimeout as delay } from 'node:timers/promises';
import { waitUntil } from '../../../bench/support/wait.ts';
import type { ClickHouse } from '../../../platform/clickhouse.ts';
import { auditRollups } from '../../../processors/audit/audit.ts';
import { waitUntilStored } from '../pipeline-books.ts';
import type { FaultTimes, KafkaFault, Outage } from './faults.ts';
import { type Answer, type Ledger, startLedgerLoad } from './load.ts';
import type { KafkaWorld } from './world.ts';

/** What one round of a fault came to. */
export interface KafkaRound {
  acknowledged: number;
  lost: number;
  duplicated: number;
  /** Rollup cells that differ from the raw events. */
  differing: number;
  /** Requests that were acknowledged while nothing can be stored. */
  falselyAcknowledged: number;
  /** Answers other than 201 and 503, by status (0: none came). */
  unexpected: Record<string, number>;
  unavailable: number;
  /** Longest time one tenant went without an acknowledgement while records can be stored, outages left out. */
  longestGapMs: number;
  /** Until all that was in the log was stored. */
  drainMs: number;
}

const drainWithinMs = 180_000;
/** No acknowledgement for so long after a fault ended is a failure of the round, which goes on to see whether one comes at all. */
export const maxGapMs = 30_000;

/** Load, fault, load, then the books: every acknowledged event once in the raw events, and every rollup cell right. */
export async function runKafkaRound(world: KafkaWorld, fault: KafkaFault, times: FaultTimes): Promise<KafkaRound> {
  await world.waitUntilInSync();
  const load = startLedgerLoad(world.target, `k${Date.now().toString(36)}-`);
  let outages: Outage[];
  try {
    await delay(times.calmMs);
    outages = await fault(world, times);
    const mendedAt = performance.now();
    const isBack = async () =>
      world.target.tenants.every(({ orgCode }) =>
        load.ledger.answers.some((a) => a.orgCode === orgCode && a.status === 201 && a.sentAt > mendedAt),
      );
    await waitUntil({ what: 'an acknowledgement after the fault', withinMs: 3 * maxGapMs }, isBack);
    await delay(times.calmMs);
  } finally {
    await load.stop();
  }
  const drainMs = await waitUntilStored(world.log, drainWithinMs);
  const books = await compareBooks(world.clickhouse, load.ledger);
  const { wrongCells, unsettledCells } = await auditRollups(world.clickhouse);
  return { ...books, ...judgeAnswers(load.ledger.answers, outages), differing: wrongCells + unsettledCells, drainMs };
}

async function compareBooks(clickhouse: ClickHouse, { prefix, acknowledged }: Ledger) {
  const rows = await clickhouse.select<{ id: string; count: number }>(
    'SELECT correlation_id AS id, toUInt32(count()) AS count FROM events WHERE startsWith(correlation_id, {prefix:String}) GROUP BY id',
    { prefix },
  );
  const stored = new Set(rows.map(({ id }) => id));
  return {
    acknowledged: acknowledged.size,
    lost: [...acknowledged].filter((id) => !stored.has(id)).length,
    duplicated: rows.filter(({ count }) => count > 1).length,
  };
}

function judgeAnswers(answers: readonly Answer[], outages: readonly Outage[]) {
  const isWithin = (answer: Answer) =>
    outages.some(({ from, until }) => answer.sentAt > from && answer.endedAt < until);
  const byStatus = Map.groupBy(answers, ({ status }) => status);
  const good = byStatus.get(201) ?? [];
  const byTenant = [...Map.groupBy(good, ({ orgCode }) => orgCode).values()];
  const unexpected = [...byStatus].filter(([status]) => status !== 201 && status !== 503);
  return {
    falselyAcknowledged: good.filter(isWithin).length,
    unavailable: byStatus.get(503)?.length ?? 0,
    unexpected: Object.fromEntries(unexpected.map(([status, those]) => [status, those.length])),
    longestGapMs: Math.max(0, ...byTenant.map((own) => longestGap(own, outages))),
  };
}

/** Between one acknowledgement, or the end of an outage, and the next acknowledgement. */
function longestGap(acknowledged: readonly Answer[], outages: readonly Outage[]): number {
  const times = acknowledged.map(({ endedAt }) => endedAt).sort((a, b) => a - b);
  const gaps = times.slice(1).map((to, index) => {
    const from = times[index] ?? to;
    const outage = outages.find((candidate) => from < candidate.overAt && candidate.from < to);
    return to - Math.max(from, outage?.overAt ?? from);
  });
  return Math.max(0, ...gaps);
}
