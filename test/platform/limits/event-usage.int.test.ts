import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createEventUsage, type EventUsage } from '../../../platform/limits/event-usage.ts';
import { closePostgres, createPostgres, type Sql } from '../../../platform/postgres.ts';
import { type ControlPlane, silentLog, startControlPlane } from '../../support/control-plane.ts';
import { createTenant } from '../../support/in-memory-directory.ts';

const limit = 1_000_000;
const tooMany = expect.objectContaining({ statusCode: 403, code: 'event_limit_exceeded' });
let plane: ControlPlane;
let at = Date.UTC(2026, 2, 31, 23, 59, 59);
const open: { usage: EventUsage; sql: Sql }[] = [];

beforeAll(async () => {
  plane = await startControlPlane();
});
afterAll(() => plane.close());
afterEach(async () => {
  for (const { usage, sql } of open.splice(0)) {
    await usage.close();
    await closePostgres(sql);
  }
});

/** As one process has it. */
function openUsage(): EventUsage {
  const sql = createPostgres(plane.url);
  const usage = createEventUsage({ sql, log: silentLog, now: () => at });
  open.push({ usage, sql });
  return usage;
}
const tenantOf = (name: string, plan: string | null = 'free') => createTenant({ code: name, plan });
const refusalOf = (usage: EventUsage, tenant: ReturnType<typeof tenantOf>, events: number) => {
  try {
    usage.take(tenant, events);
    return undefined;
  } catch (error) {
    return error;
  }
};

describe('the events of a month', () => {
  it('are accepted up to the limit of the plan, to the last one', async () => {
    const [usage, tenant] = [openUsage(), tenantOf('EXACT')];
    await usage.load(tenant);
    usage.take(tenant, limit - 1);
    expect(refusalOf(usage, tenant, 2)).toEqual(tooMany);
    usage.take(tenant, 1);
    expect(refusalOf(usage, tenant, 1)).toEqual(tooMany);
  });

  it('are counted by all processes together, and remembered', async () => {
    const [one, two, tenant] = [openUsage(), openUsage(), tenantOf('SHARED')];
    await Promise.all([one.load(tenant), two.load(tenant)]);
    one.take(tenant, 600_000);
    two.take(tenant, 100_000);
    await one.flush();
    await two.flush();
    expect(refusalOf(two, tenant, 300_001)).toEqual(tooMany);
    const restarted = openUsage();
    await restarted.load(tenant);
    expect(refusalOf(restarted, tenant, 300_001)).toEqual(tooMany);
    restarted.take(tenant, 300_000);
  });

  it('begin anew with the month, UTC', async () => {
    const [usage, tenant] = [openUsage(), tenantOf('MONTHLY')];
    await usage.load(tenant);
    usage.take(tenant, limit);
    at += 1_000;
    await usage.load(tenant);
    usage.take(tenant, 5);
    await usage.flush();
    const rows = () =>
      plane.sql`SELECT month::text, events FROM tenant_events WHERE tenant_id = ${tenant.id} ORDER BY month`;
    await expect.poll(rows).toEqual([
      { month: '2026-03-01', events: String(limit) },
      { month: '2026-04-01', events: '5' },
    ]);
  });

  it('that were not accepted after all are taken back', async () => {
    const [usage, tenant] = [openUsage(), tenantOf('BACK')];
    await usage.load(tenant);
    usage.take(tenant, limit);
    await usage.flush();
    usage.giveBack(tenant, 10);
    usage.take(tenant, 10);
    expect(refusalOf(usage, tenant, 1)).toEqual(tooMany);
  });

  it('are not limited without a plan, but counted', async () => {
    const [usage, tenant] = [openUsage(), tenantOf('FREELY', null)];
    usage.take(tenant, 50 * limit);
    await usage.flush();
    expect(await plane.sql`SELECT events FROM tenant_events WHERE tenant_id = ${tenant.id}`).toEqual([
      { events: String(50 * limit) },
    ]);
  });

  it('are accepted while PostgreSQL is away, and counted when it is back', async () => {
    const [usage, tenant] = [openUsage(), tenantOf('AWAY')];
    await plane.stop();
    await usage.load(tenant);
    usage.take(tenant, limit);
    await usage.flush();
    await plane.startAgain();
    await expect
      .poll(
        async () => {
          await usage.flush();
          return plane.sql`SELECT events FROM tenant_events WHERE tenant_id = ${tenant.id}`.catch(() => []);
        },
        { timeout: 15_000 },
      )
      .toEqual([{ events: String(limit) }]);
    expect(refusalOf(usage, tenant, 1)).toEqual(tooMany);
  });
});
