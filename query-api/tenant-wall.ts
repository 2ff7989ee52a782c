import type { ClickHouseSettings } from '../platform/clickhouse.ts';

/** The engine is told the names of at most this many tenants; a key that spans more sees all rows its query asks for. */
export const MAX_WALLED_TENANTS = 1_000;

const predicate = /\btenant\s*(?:=|IN)\s*\{tenants?:/;
const idPattern = /^\w{1,64}$/;
const everyTenant = '*';

/**
 * The setting by which the engine shows the reader no rows but those of the tenants the query is asked for, whatever its text says. Throws
 * when the query has no predicate on the tenant or is asked for none: such a query never reaches the engine.
 */
export function tenantWall(query: string, params: Record<string, unknown>): ClickHouseSettings {
  const tenants = [params.tenants ?? params.tenant].flat();
  if (!predicate.test(query) || !tenants.every(isTenantId)) {
    throw new Error('a read query must be bounded to tenants: tenant IN {tenants:Array(String)}');
  }
  return { log_comment: tenants.length > MAX_WALLED_TENANTS ? everyTenant : tenants.join(',') };
}

const isTenantId = (value: unknown): value is string => typeof value === 'string' && idPattern.test(value);
