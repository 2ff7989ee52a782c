import type { Sql } from '../../platform/postgres.ts';
import type { Pepper } from '../../platform/tenancy/pepper.ts';
import type { Capability, Catalog, MetricDefinition, Principal, Tenant } from '../../platform/tenancy/tenancy.ts';
import type { NewCapability } from '../../schemas/api/capabilities.ts';
import type { CreatedKey, Key, KeyScope, RevokedKey } from '../../schemas/api/keys.ts';
import type { PutMetric } from '../../schemas/api/metric-definitions.ts';
import type { NewOrganization } from '../../schemas/api/organizations.ts';
import { createCapability } from './create-capability.ts';
import { createApiKey } from './create-key.ts';
import { createOrganization } from './create-organization.ts';
import { listKeys } from './list-keys.ts';
import { putMetric } from './put-metric.ts';
import { revokeKey } from './revoke-key.ts';

/**
 * What can be configured, as the caller may do it. Objects of other tenants are answered like missing ones (ApiError 404), what exists
 * already with 409. Changes reach every process within a second; a caller that promises them at once awaits `directory.propagated()`.
 */
export interface Control {
  createOrganization(organization: NewOrganization): Promise<Tenant>;
  createCapability(tenant: Tenant, capability: NewCapability): Promise<Capability>;
  /** Creates or replaces the definition of `met_<capability>_<metricType>`; ApiError 404 when no capability of the tenant fits the id. */
  putMetric(metric: MetricToPut): Promise<MetricDefinition>;
  /** The keys in force whose tenants the principal may all touch, newest first. */
  listKeys(principal: Principal): Promise<Key[]>;
  /** ApiError 403 when the scope holds a permission that the principal lacks. */
  createKey(key: KeyToCreate): Promise<CreatedKey>;
  /** Revoking a key again answers with the time it was revoked. */
  revokeKey(principal: Principal, keyId: string): Promise<RevokedKey>;
}

export interface MetricToPut {
  tenant: Tenant;
  catalog: Catalog;
  id: string;
  definition: PutMetric;
}

export interface KeyToCreate {
  principal: Principal;
  name: string;
  scope: KeyScope;
  /** Binds the key to this tenant; absent: to all that the principal may touch. */
  tenant?: Tenant;
}

export interface ControlOptions {
  sql: Sql;
  pepper: Pepper;
  /** Milliseconds since the epoch. */
  now: () => number;
}

export function createControl(options: ControlOptions): Control {
  return {
    createOrganization: (organization) => createOrganization(options, organization),
    createCapability: (tenant, capability) => createCapability(options, tenant, capability),
    putMetric: (metric) => putMetric(options, metric),
    listKeys: (principal) => listKeys(options.sql, principal),
    createKey: (key) => createApiKey(options, key),
    revokeKey: (principal, keyId) => revokeKey(options, principal, keyId),
  };
}
