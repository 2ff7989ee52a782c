import type { ClickHouse } from '../../platform/clickhouse.ts';
import type { OrganizationDetails } from '../../schemas/api/organizations.ts';
import { loadQuery } from '../queries.ts';
import { read } from '../store.ts';

export type TenantUsage = OrganizationDetails['usage'];

interface UsageRow {
  eventsThisMonth: number;
  events: number;
  storedRows: number;
  storedBytes: number;
}

const query = loadQuery('tenant-usage');
const monthQuery = loadQuery('events-this-month');
const bytesPerMb = 1_000_000;

/** What a tenant uses at the time `at` (milliseconds since the epoch), from the rollups. */
export async function readTenantUsage(clickhouse: ClickHouse, tenant: string, at: number): Promise<TenantUsage> {
  const month = startOfMonth(at) / 1_000;
  const [row] = await read<UsageRow>(clickhouse, { query, params: { tenant, month } });
  return { eventsThisMonth: row?.eventsThisMonth ?? 0, storageUsedMb: row === undefined ? 0 : storageMb(row) };
}

/** Events with a time in the month of `at`, by the id of the tenant; tenants without any are left out. */
export async function readEventsThisMonth(
  clickhouse: ClickHouse,
  tenants: readonly string[],
  at: number,
): Promise<Map<string, number>> {
  if (tenants.length === 0) return new Map();
  const params = { tenants, month: startOfMonth(at) / 1_000 };
  const rows = await read<{ tenant: string; eventsThisMonth: number }>(clickhouse, { query: monthQuery, params });
  return new Map(rows.map(({ tenant, eventsThisMonth }) => [tenant, eventsThisMonth]));
}

/** Bytes are not counted per tenant: its share is that of its events. Between two merges the rollups may be ahead of the rows. */
export function storageMb({ events, storedRows, storedBytes }: UsageRow): number {
  if (storedRows === 0) return 0;
  const share = Math.min(1, events / storedRows);
  return Math.round((storedBytes * share * 100) / bytesPerMb) / 100;
}

function startOfMonth(at: number): number {
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
}
