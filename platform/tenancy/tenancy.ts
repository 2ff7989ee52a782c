import type { MaintenanceWindow } from './maintenance-windows.ts';

/**
 * What a credential may do. Scopes and roles of the API families are views of this set. `status` reads services,
 * incidents, maintenance and uptime; `platform` spans tenants (creates organizations).
 */
export type Permission = 'ingest' | 'query' | 'status' | 'incidents' | 'maintenance' | 'admin' | 'platform';

export interface Principal {
  /** Public id of the credential, such as key_m3kL9xPq. */
  credentialId: string;
  permissions: ReadonlySet<Permission>;
  /** Ids of the tenants the credential may touch. */
  tenants: readonly string[] | 'all';
  /** Requests a second the credential may make on top of its budgets a minute; undefined: no such limit. */
  rateLimitRps?: number;
  /** When the key ends, milliseconds since the epoch; absent: never. What it creates ends then, too. */
  expiresAt?: number;
  /** Every tenant of the credential is suspended: it is refused everywhere. */
  isSuspended?: boolean;
  /** Set when a JWT was presented: one made from a key here, or one of the identity provider. */
  session?: 'issued' | 'external';
  /** Whom the JWT of the identity provider names. */
  subject?: string;
}

/** One tenant with the id styles of all API families. */
export interface Tenant {
  /** org_... */
  id: string;
  /** Integer id of family S. */
  number: number;
  /** Upper-case code of family M, such as ACME. */
  code: string;
  /** Slug of family A, such as acme-corp. */
  slug: string;
  name: string;
  status: 'active' | 'suspended';
  /** Name of the plan; null: none was chosen. */
  plan: string | null;
  dataRetentionDays: number;
  /** Partition of the log that holds the tenant's records, reduced modulo the partitions of the topic. */
  shard: number;
  /** Milliseconds since the epoch. */
  createdAt: number;
}

export interface Capability {
  code: string;
  name: string;
}

export interface MetricDefinition {
  /** met_<capability>_<metricType>, unique within the tenant. */
  id: string;
  capability: string;
  metricType: string;
  displayName: string;
  unit: string;
  /** The dimension whose value chooses the SLA target; `urgency` unless configured. */
  slaDimension: string;
  /** Target by value of the SLA dimension, in the metric's unit: met when value <= target. */
  slaTargets: Readonly<Record<string, number>>;
}

/** What is configured for one tenant. Keys: capability code; metric id. */
export interface Catalog {
  capabilities: ReadonlyMap<string, Capability>;
  metrics: ReadonlyMap<string, MetricDefinition>;
}

/**
 * The hot reads of the control plane, cached with push invalidation: at most one second behind PostgreSQL.
 * When PostgreSQL is away, what is cached stays in force for a bounded time and what is not rejects.
 */
export interface Directory {
  /** The principal of a presented key or JWT; undefined when it is malformed, unknown, expired or revoked. */
  authenticate(credential: string): Promise<Principal | undefined>;
  /** A tenant by any of its id styles; undefined when there is none. */
  tenant(reference: string): Promise<Tenant | undefined>;
  /** All tenants by ids, in the order of their code. */
  tenants(ids: readonly string[] | 'all'): Promise<Tenant[]>;
  catalog(tenantId: string): Promise<Catalog>;
  /** The maintenance windows of a tenant that mute alerts, now or later, in the order of their ids. */
  mutingWindows(tenantId: string): Promise<readonly MaintenanceWindow[]>;
  /** Resolves when later look-ups here see every change committed before the call; after a second at the latest. */
  caughtUp(): Promise<void>;
  /** Resolves when the directories of all processes see every change committed before the call; after a second at the latest. */
  propagated(): Promise<void>;
  close(): Promise<void>;
}

/** Identifier of a metric within its tenant. */
export const metricId = (capability: string, metricType: string): string => `met_${capability}_${metricType}`;

export const mayTouch = (principal: Principal, tenantId: string): boolean =>
  principal.tenants === 'all' || principal.tenants.includes(tenantId);
