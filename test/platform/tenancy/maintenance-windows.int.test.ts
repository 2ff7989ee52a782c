import { afterAll, beforeAll, expect, it } from 'vitest';
import { createDirectory } from '../../../platform/tenancy/directory.ts';
import type { Directory } from '../../../platform/tenancy/tenancy.ts';
import { type ControlPlane, silentLog, startControlPlane, testPepper, timeUntil } from '../../support/control-plane.ts';

const tenant = 'org_acme0001';
const start = new Date('2026-06-01T02:00:00Z');
const end = new Date('2026-06-01T04:00:00Z');

let controlPlane: ControlPlane;
let directory: Directory;

beforeAll(async () => {
  controlPlane = await startControlPlane();
  const { sql } = controlPlane;
  await sql`
    INSERT INTO tenants (id, code, slug, name, data_retention_days, shard, created_at)
    VALUES (${tenant}, 'ACME', 'acme', 'Acme', 30, 0, now())`;
  directory = await createDirectory({ sql, pepper: testPepper, log: silentLog, now: Date.now });
});

afterAll(async () => {
  await directory?.close();
  await controlPlane?.close();
});

async function insertWindow(fields: Record<string, unknown>): Promise<string> {
  const { sql } = controlPlane;
  const row = { tenant_id: tenant, title: 'Drill', scheduled_start: start, scheduled_end: end, ...fields };
  const [window] = await sql<{ id: number }[]>`INSERT INTO maintenance_windows ${sql(row)} RETURNING id`;
  await sql`
    INSERT INTO maintenance_window_services (window_id, tenant_id, service)
    VALUES (${window?.id ?? 0}, ${tenant}, 'checkout')`;
  return String(window?.id);
}

const ids = async (): Promise<string[]> => (await directory.mutingWindows(tenant)).map(({ id }) => id);

it('a window that mutes is known within a second of its row, and forgotten within a second of its end', async () => {
  expect(await ids()).toEqual([]);
  const id = await insertWindow({ suppress_alerts: true });
  expect(await timeUntil(async () => (await ids()).includes(id), 1_500)).toBeLessThan(1_500);
  const [window] = await directory.mutingWindows(tenant);
  expect(window).toEqual({ id, services: new Set(['checkout']), from: start.getTime(), to: end.getTime() });
  await controlPlane.sql`
    UPDATE maintenance_windows SET status = 'completed', actual_start = ${start}, actual_end = now() WHERE id = ${Number(id)}`;
  expect(await timeUntil(async () => (await ids()).length === 0, 1_500)).toBeLessThan(1_500);
});

it('the actual start counts instead of the scheduled one, and a window that is ended by hand stays in force', async () => {
  const actual = new Date('2026-06-01T02:10:00Z');
  const waiting = await insertWindow({ suppress_alerts: true, auto_start: false });
  const open = await insertWindow({ suppress_alerts: true, status: 'active', actual_start: actual, auto_end: false });
  await insertWindow({ suppress_alerts: false });
  await insertWindow({ suppress_alerts: true, status: 'cancelled' });
  await directory.caughtUp();
  const times = (await directory.mutingWindows(tenant)).map(({ id, from, to }) => [id, from, to]);
  expect(times).toEqual([
    [waiting, Number.POSITIVE_INFINITY, end.getTime()],
    [open, actual.getTime(), Number.POSITIVE_INFINITY],
  ]);
});
