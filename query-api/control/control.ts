import type { Capability, MetricDefinition, Principal, Tenant } from '../../platform/tenancy/tenancy.ts';
import type { CreatedKey, Key, RevokedKey } from '../../schemas/api/keys.ts';
import type { NewOrganization } from '../../schemas/api/organizations.ts';
import { type AuditLog, createAuditLog } from '../audit/audit-log.ts';
import type { Call } from './call.ts';
import type { ControlOptions } from './control-options.ts';
import { type CapabilityToCreate, createCapability } from './create-capability.ts';
import { createApiKey, type KeyToCreate } from './create-key.ts';
import { createOrganization } from './create-organization.ts';
import { listKeys } from './list-keys.ts';
import { type MetricToPut, putMetric } from './put-metric.ts';
import { revokeKey } from './revoke-key.ts';

/**
 * What can be configured, as the caller may do it. Objects of other tenants are answered like missing ones (ApiError 404), what exists
 * already with 409. Changes reach every process within a second; a caller that promises them at once awaits `directory.propagated()`.
 */
export interface Control {
  auditLog: AuditLog;
  createOrganization(organization: NewOrganization): Promise<Tenant>;
  createCapability(call: Call, capability: CapabilityToCreate): Promise<Capability>;
  /** Creates or replaces the definition of `met_<capability>_<metricType>`; ApiError 404 when no capability of the tenant fits the id. */
  putMetric(call: Call, metric: MetricToPut): Promise<MetricDefinition>;
  /** The keys in force whose tenants the principal may all touch, newest first. */
  listKeys(principal: Principal): Promise<Key[]>;
  /** ApiError 403 when the scope holds a permission that the principal lacks. */
  createKey(key: KeyToCreate): Promise<CreatedKey>;
  /** Revoking a key again answers with the time it was revoked. */
  revokeKey(principal: Principal, keyId: string): Promise<RevokedKey>;
}

export function createControl(options: ControlOptions): Control {
  return {
    auditLog: createAuditLog(options),
    createOrganization: (organization) => createOrganization(options, organization),
    createCapability: (call, capability) => createCapability(options, call, capability),
    putMetric: (call, metric) => putMetric(options, call, metric),
    listKeys: (principal) => listKeys(options.sql, principal),
    createKey: (key) => createApiKey(options, key),
    revokeKey: (principal, keyId) => revokeKey(options, principal, keyId),
  };
}
