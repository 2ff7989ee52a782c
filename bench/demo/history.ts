import { postEvents, type WireEvent } from '../support/events.ts';
import { createProgress } from '../support/progress.ts';
import { waitUntil } from '../support/wait.ts';
import type { TenantAccess } from './setup.ts';
import { generateHistory, hourMs } from './workload.ts';

export interface HistoryOptions {
  access: TenantAccess;
  seed: number;
  /** Milliseconds since the epoch. */
  from: number;
  to: number;
}

const visibleWithinMs = 60_000;
const queryableEveryMs = 250;

/**
 * Sends the history of one tenant that is not there yet (a second run goes on where the first one ended) and waits until it can be
 * asked for. Resolves to the number of events sent.
 */
export async function sendHistory({ access, seed, from, to }: HistoryOptions): Promise<number> {
  const { tenant, ingest } = access;
  const lastAt = await latestDecision(access);
  const missingFrom = Math.max(from, lastAt === undefined ? from : lastAt + 1);
  const events = [...generateHistory({ seed, tenants: [tenant], from: missingFrom, to })];
  if (events.length === 0) return 0;
  const before = await countEvents(access, from);
  const progress = createProgress(`  ${tenant.code}`, events.length);
  await postEvents(ingest, events, { onAccepted: progress.add });
  progress.end();
  const expected = before + events.filter((event) => isSince(event, from)).length;
  await waitUntil(
    { what: `the history of ${tenant.code} to be queryable`, withinMs: visibleWithinMs, everyMs: queryableEveryMs },
    async () => (await countEvents(access, from)) >= expected,
  );
  return events.length;
}

async function latestDecision({ query, tenant }: TenantAccess): Promise<number | undefined> {
  const filter = { orgCode: tenant.code, metricType: 'CycleTime', pageSize: 1 };
  const { data } = await query.get<{ data: { timestamp: string }[] }>('/api/v1/events', filter);
  return data[0] === undefined ? undefined : Date.parse(data[0].timestamp);
}

async function countEvents({ query, tenant }: TenantAccess, from: number): Promise<number> {
  const filter = { orgCode: tenant.code, from: startOfHour(from), pageSize: 1 };
  const { meta } = await query.get<{ meta: { totalCount: number } }>('/api/v1/events', filter);
  return meta.totalCount;
}

function isSince(event: WireEvent, from: number): boolean {
  return event.timestamp >= startOfHour(from);
}

function startOfHour(at: number): string {
  return new Date(Math.floor(at / hourMs) * hourMs).toISOString();
}
