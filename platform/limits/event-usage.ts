import type { Log } from '../log.ts';
import type { Sql } from '../postgres.ts';
import type { Tenant } from '../tenancy/tenancy.ts';
import { withinDeadline } from './deadline.ts';
import { overQuota, quotasOf } from './plans.ts';

/** How often what was accepted here is added to what all processes know. */
export const USAGE_FLUSH_INTERVAL_MS = 5_000;

/** The events of the present month by tenant, counted as they are accepted, by all processes together. */
export interface EventUsage {
  /** Resolves when the tenant's count is known here; at once for a tenant whose plan does not limit events. */
  load(tenant: Tenant): Promise<void>;
  /** Counts events that are about to be accepted: throws ApiError 403 when the plan does not allow them. */
  take(tenant: Tenant, events: number): void;
  /** Takes back what was counted and not accepted after all. */
  giveBack(tenant: Tenant, events: number): void;
  /** Adds what was counted here to the table, and learns what others counted. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export interface EventUsageOptions {
  sql: Sql;
  log: Log;
  /** Milliseconds since the epoch. */
  now: () => number;
}

interface Count {
  /** First day of the month it is for, such as 2026-03-01. */
  month: string;
  /** Of all processes, when it was last read; undefined: not yet. */
  known: number | undefined;
  /** Counted here since then; negative when more was taken back. */
  pending: number;
}

/**
 * Counts in memory, writes every five seconds: a plan can be passed by what other processes accept in that time, and a crash forgets as
 * much. While PostgreSQL is away nobody is refused for what is not known; the counts are kept and written when it is back.
 */
export function createEventUsage(options: EventUsageOptions): EventUsage {
  const counts = new EventCounts(options);
  const timer = setInterval(() => counts.flush(), USAGE_FLUSH_INTERVAL_MS).unref();
  return {
    load: (tenant) => counts.load(tenant),
    take: (tenant, events) => counts.take(tenant, events),
    giveBack: (tenant, events) => counts.add(tenant.id, -events),
    flush: () => counts.flush(),
    async close() {
      clearInterval(timer);
      await counts.flush();
    },
  };
}

class EventCounts {
  #options: EventUsageOptions;
  #counts = new Map<string, Count>();
  #isFailing = false;
  #month = '';
  #monthFromMs = 0;
  #monthToMs = 0;

  constructor(options: EventUsageOptions) {
    this.#options = options;
  }

  async load(tenant: Tenant): Promise<void> {
    const isUnlimited = quotasOf(tenant).eventsAMonth === null;
    if (isUnlimited || this.#isFailing || this.#countOf(tenant.id).known !== undefined) return;
    await this.#add([{ tenant: tenant.id, count: this.#countOf(tenant.id), events: 0 }]);
  }

  take(tenant: Tenant, events: number): void {
    const { known = 0, pending } = this.#countOf(tenant.id);
    const refusal = overQuota('eventsAMonth', tenant, known + pending + events);
    if (refusal !== undefined) throw refusal;
    this.add(tenant.id, events);
  }

  add(tenant: string, events: number): void {
    this.#countOf(tenant).pending += events;
  }

  flush(): Promise<void> {
    return this.#write([...this.#counts].filter(([, { pending }]) => pending > 0));
  }

  #countOf(tenant: string): Count {
    const month = this.#monthOf(this.#options.now());
    const count = this.#counts.get(tenant);
    if (count?.month === month) return count;
    // What the old month is still owed is written before it is forgotten.
    if (count !== undefined && count.pending > 0) void this.#write([[tenant, count]]);
    const fresh = { month, known: undefined, pending: 0 };
    this.#counts.set(tenant, fresh);
    return fresh;
  }

  #monthOf(nowMs: number): string {
    if (nowMs < this.#monthFromMs || nowMs >= this.#monthToMs) {
      const date = new Date(nowMs);
      this.#monthFromMs = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
      this.#monthToMs = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
      this.#month = new Date(this.#monthFromMs).toISOString().slice(0, 10);
    }
    return this.#month;
  }

  async #write(batch: [string, Count][]): Promise<void> {
    const rows = batch.map(([tenant, count]) => ({ tenant, count, events: count.pending }));
    for (const { count, events } of rows) count.pending -= events;
    if (await this.#add(rows)) return;
    for (const { count, events } of rows) count.pending += events;
  }

  async #add(rows: readonly EventsToAdd[]): Promise<boolean> {
    if (rows.length === 0) return true;
    try {
      const added = addEvents(this.#options.sql, rows);
      // A request waits for a look-up only. What was added is known when it is answered, or it would be added again.
      const totals = await (rows.some(({ events }) => events > 0) ? added : withinDeadline(added));
      for (const { tenant, count } of rows) count.known = totals.get(tenant) ?? 0;
      this.#isFailing = false;
      return true;
    } catch (error) {
      this.#onFailure(error);
      return false;
    }
  }

  #onFailure(error: unknown): void {
    if (!this.#isFailing)
      this.#options.log.warn(
        { err: error },
        'could not write how many events were accepted; kept until PostgreSQL is back',
      );
    this.#isFailing = true;
  }
}

interface EventsToAdd {
  tenant: string;
  count: Count;
  events: number;
}

// Sorted, so that two processes never wait for each other.
async function addEvents(sql: Sql, rows: readonly EventsToAdd[]): Promise<Map<string, number>> {
  const sorted = rows.toSorted((a, b) => (a.tenant < b.tenant ? -1 : 1));
  const totals = await sql<{ tenant: string; events: string }[]>`
    INSERT INTO tenant_events AS counted (tenant_id, month, events)
    SELECT * FROM unnest(
      ${sorted.map(({ tenant }) => tenant)}::text[],
      ${sorted.map(({ count }) => count.month)}::date[],
      ${sorted.map(({ events }) => events)}::bigint[])
    ON CONFLICT (tenant_id, month) DO UPDATE SET events = counted.events + excluded.events
    RETURNING tenant_id AS tenant, events`;
  return new Map(totals.map(({ tenant, events }) => [tenant, Number(events)]));
}
