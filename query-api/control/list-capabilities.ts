import type { ClickHouse } from '../../platform/clickhouse.ts';
import type { Catalog, Directory, Tenant } from '../../platform/tenancy/tenancy.ts';
import type { CapabilityView } from '../../schemas/api/capabilities.ts';
import { loadQuery } from '../queries.ts';
import { read } from '../store.ts';

interface SeenRow {
  tenant: string;
  capability: string;
  metricTypes: string[];
  dimensions: string[];
  eventCount: number;
}

export interface CapabilityListing {
  clickhouse: ClickHouse;
  directory: Directory;
  tenants: readonly Tenant[];
}

const query = loadQuery('capabilities-seen');

/** The configured capabilities of the tenants, each with what its definitions and its events say of it. */
export async function listCapabilities(listing: CapabilityListing): Promise<CapabilityView[]> {
  const { clickhouse, directory, tenants } = listing;
  if (tenants.length === 0) return [];
  const [rows, catalogs] = await Promise.all([
    read<SeenRow>(clickhouse, { query, params: { tenants: tenants.map(({ id }) => id) } }),
    Promise.all(tenants.map(({ id }) => directory.catalog(id))),
  ]);
  const seen = new Map(rows.map((row) => [seenKey(row.tenant, row.capability), row]));
  return tenants.flatMap((tenant, index) => viewsOf(tenant, catalogs[index], seen));
}

function viewsOf(tenant: Tenant, catalog: Catalog | undefined, seen: ReadonlyMap<string, SeenRow>): CapabilityView[] {
  const capabilities = [...(catalog?.capabilities.values() ?? [])];
  const metrics = [...(catalog?.metrics.values() ?? [])];
  return capabilities.map(({ code, name }) => {
    const row = seen.get(seenKey(tenant.id, code));
    const defined = metrics.filter(({ capability }) => capability === code).map(({ metricType }) => metricType);
    return {
      orgCode: tenant.code,
      code,
      name,
      metricTypes: [...new Set([...defined, ...(row?.metricTypes ?? [])])].sort(),
      dimensions: row?.dimensions ?? [],
      eventCount: row?.eventCount ?? 0,
    };
  });
}

const seenKey = (tenant: string, capability: string): string => `${tenant} ${capability}`;
