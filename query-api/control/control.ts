import type { Capability, MetricDefinition } from '../../platform/tenancy/tenancy.ts';
import type { NewOrganization } from '../../schemas/api/organizations.ts';
import { createResolutions, type Resolutions } from '../anomalies/resolutions.ts';
import { type AuditLog, createAuditLog } from '../audit/audit-log.ts';
import { deleteFlow, type Flow, type FlowPlace, type FlowToPut, putFlow, readFlow } from '../cases/case-flows.ts';
import { createIdempotency, type Idempotency } from '../idempotency/idempotency.ts';
import { createSloStore, type SloStore } from '../slo/slo-store.ts';
import { createLastRun, type LastRun } from '../status/watchdog.ts';
import type { Call } from './call.ts';
import { changeTenant, type TenantChange } from './change-tenant.ts';
import type { ControlOptions } from './control-options.ts';
import { type CapabilityToCreate, createCapability } from './create-capability.ts';
import { createApiKey, type IssuedKey, type KeyToCreate } from './create-key.ts';
import { createOrganization } from './create-organization.ts';
import { type DeletedTenant, deleteTenant } from './delete-tenant.ts';
import { type IssuedSession, issueSession, type SessionToIssue } from './issue-token.ts';
import { type KeysToList, listKeys, type StoredKey } from './list-keys.ts';
import { type MetricToPut, putMetric } from './put-metric.ts';
import { type RevokedKeyRow, revokeKey } from './revoke-key.ts';
import type { TenantRecord } from './tenant-row.ts';

/**
 * What can be configured, as the caller may do it. Objects of other tenants are answered like missing ones (ApiError 404), what exists
 * already with 409. Changes reach every process within a second; a caller that promises them at once awaits `directory.propagated()`.
 */
export interface Control {
  auditLog: AuditLog;
  idempotency: Idempotency;
  slos: SloStore;
  /** Anomalies that were resolved by hand. */
  resolutions: Resolutions;
  lastRun: LastRun;
  createOrganization(call: Call, organization: NewOrganization): Promise<TenantRecord>;
  changeTenant(call: Call, change: TenantChange): Promise<TenantRecord>;
  deleteTenant(call: Call, tenantId: string): Promise<DeletedTenant>;
  createCapability(call: Call, capability: CapabilityToCreate): Promise<Capability>;
  /** Creates or replaces the definition of `met_<capability>_<metricType>`; ApiError 404 when no capability of the tenant fits the id. */
  putMetric(call: Call, metric: MetricToPut): Promise<MetricDefinition>;
  /** The flow of a capability's cases; undefined when none was defined. */
  readFlow(place: FlowPlace): Promise<Flow | undefined>;
  /** Creates or replaces it. */
  putFlow(call: Call, flow: FlowToPut): Promise<Flow>;
  /** Whether there was one. */
  deleteFlow(call: Call, place: FlowPlace): Promise<boolean>;
  /** The keys in force whose tenants the principal may all touch, newest first. */
  listKeys(keys: KeysToList): Promise<StoredKey[]>;
  /** ApiError 403 when the key would be given more than its creator has. */
  createKey(call: Call, key: KeyToCreate): Promise<IssuedKey>;
  /** Revoking a key again answers with the time it was revoked. */
  revokeKey(call: Call, keyId: string): Promise<RevokedKeyRow>;
  /** A short-lived JWT that stands for the caller's key. */
  issueSession(call: Call, session: SessionToIssue): Promise<IssuedSession>;
}

export function createControl(options: ControlOptions): Control {
  return {
    auditLog: createAuditLog(options),
    idempotency: createIdempotency(options),
    slos: createSloStore(options),
    resolutions: createResolutions(options),
    lastRun: createLastRun(options.sql),
    createOrganization: (call, organization) => createOrganization(options, call, organization),
    changeTenant: (call, change) => changeTenant(options, call, change),
    deleteTenant: (call, tenantId) => deleteTenant(options, call, tenantId),
    createCapability: (call, capability) => createCapability(options, call, capability),
    putMetric: (call, metric) => putMetric(options, call, metric),
    readFlow: (place) => readFlow(options.sql, place),
    putFlow: (call, flow) => putFlow(options, call, flow),
    deleteFlow: (call, place) => deleteFlow(options, call, place),
    listKeys: (keys) => listKeys(options.sql, keys),
    createKey: (call, key) => createApiKey(options, call, key),
    revokeKey: (call, keyId) => revokeKey(options, call, keyId),
    issueSession: (call, session) => issueSession(options, call, session),
  };
}
