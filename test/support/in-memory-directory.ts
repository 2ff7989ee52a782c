import type { MaintenanceWindow } from '../../platform/tenancy/maintenance-windows.ts';
import type {
  Capability,
  Catalog,
  Directory,
  MetricDefinition,
  Permission,
  Principal,
  Tenant,
} from '../../platform/tenancy/tenancy.ts';

export interface InMemoryKey {
  permissions: readonly Permission[];
  /** Ids of tenants. */
  tenants: readonly string[] | 'all';
  /** `key_` and the presented key when absent. */
  credentialId?: string;
}

export interface InMemoryCatalog {
  capabilities?: readonly Capability[];
  metrics?: readonly MetricDefinition[];
}

export interface InMemoryDirectoryOptions {
  tenants?: readonly Tenant[];
  /** By the key a client presents. */
  keys?: Readonly<Record<string, InMemoryKey>>;
  /** By the id of the tenant. */
  catalogs?: Readonly<Record<string, InMemoryCatalog>>;
  /** By the id of the tenant. */
  mutingWindows?: Readonly<Record<string, readonly MaintenanceWindow[]>>;
}

/** The in-memory twin of the tenancy directory. Its keys may be revoked by deleting them from `keys`. */
export function createInMemoryDirectory(options: InMemoryDirectoryOptions = {}): Directory {
  const { tenants = [], keys = {}, catalogs = {}, mutingWindows = {} } = options;
  const byCode = tenants.toSorted((one, other) => (one.code < other.code ? -1 : 1));
  return {
    authenticate: async (presentedKey) => {
      const key = Object.hasOwn(keys, presentedKey) ? keys[presentedKey] : undefined;
      return key === undefined ? undefined : toPrincipal(presentedKey, key);
    },
    tenant: async (reference) => byCode.find((tenant) => isNamed(tenant, reference)),
    tenants: async (ids) => byCode.filter(({ id }) => ids === 'all' || ids.includes(id)),
    catalog: async (tenantId) => toCatalog(catalogs[tenantId]),
    mutingWindows: async (tenantId) => mutingWindows[tenantId] ?? [],
    caughtUp: async () => {},
    propagated: async () => {},
    close: async () => {},
  };
}

/** A complete tenant from the parts a test cares about. */
export function createTenant(parts: Partial<Tenant> & { code: string }): Tenant {
  const slug = parts.code.toLowerCase();
  return {
    id: `org_${slug}`,
    number: 1,
    slug,
    name: parts.code,
    status: 'active',
    plan: null,
    dataRetentionDays: 365,
    shard: 0,
    createdAt: Date.UTC(2026, 0, 1),
    ...parts,
  };
}

function toPrincipal(presentedKey: string, key: InMemoryKey): Principal {
  return {
    credentialId: key.credentialId ?? `key_${presentedKey}`,
    permissions: new Set(key.permissions),
    tenants: key.tenants,
  };
}

function isNamed({ id, number, code, slug }: Tenant, reference: string): boolean {
  return [id, String(number), code, slug].includes(reference);
}

function toCatalog({ capabilities = [], metrics = [] }: InMemoryCatalog = {}): Catalog {
  return {
    capabilities: new Map(capabilities.map((capability) => [capability.code, capability])),
    metrics: new Map(metrics.map((metric) => [metric.id, metric])),
  };
}
