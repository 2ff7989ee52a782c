import type { Sql } from '../postgres.ts';
import { isSameKey, keyId, parseKey } from './keys.ts';
import { intervalColumns } from './maintenance-periods.ts';
import type { MaintenanceWindow } from './maintenance-windows.ts';
import type { Pepper } from './pepper.ts';
import type { Capability, Catalog, MetricDefinition, Permission, Principal, Tenant } from './tenancy.ts';

/** A valid key as the directory keeps it. */
export interface KeyRecord {
  id: string;
  principal: Principal;
  /** What `authenticate` answers: made once, so that a hit allocates nothing. */
  answer: Promise<Principal>;
  /** Milliseconds since the epoch; infinite for a key without expiry. */
  expiresAt: number;
  /** When its use was last noted. */
  notedAt: number;
}

interface KeyRow {
  permissions: Permission[];
  allTenants: boolean;
  tenants: string[];
  hmac: Buffer;
  pepperVersion: number;
  expiresAt: Date | null;
  rateLimitRps: number | null;
  isRevoked: boolean;
  isSuspended: boolean;
}

type TenantRow = Omit<Tenant, 'createdAt'> & { createdAt: Date };

const referencePattern = /^[\x21-\x7e]{1,64}$/;
const maxTenantNumber = 2 ** 31 - 1;

/** The record of a presented key; undefined when it is unknown or revoked. Expiry is left to the caller. */
export async function readKey(sql: Sql, text: string, pepper: Pepper): Promise<KeyRecord | undefined> {
  const parsed = parseKey(text);
  if (parsed === undefined) return undefined;
  const id = keyId(parsed, text, pepper);
  const row = await readKeyRow(sql, id);
  return isSameKey(text, row, pepper) ? toRecord(id, row) : undefined;
}

/** The record of the key of that id, for those who have proved already that they hold it; undefined when it is unknown or revoked. */
export async function readKeyById(sql: Sql, id: string): Promise<KeyRecord | undefined> {
  return toRecord(id, await readKeyRow(sql, id));
}

async function readKeyRow(sql: Sql, id: string): Promise<KeyRow | undefined> {
  const [row] = await sql<KeyRow[]>`
    SELECT permissions, all_tenants AS "allTenants", secret_hmac AS hmac, pepper_version AS "pepperVersion",
           expires_at AS "expiresAt", rate_limit_rps AS "rateLimitRps", revoked_at IS NOT NULL AS "isRevoked",
           ARRAY(SELECT tenant_id FROM api_key_tenants WHERE key_id = api_keys.id ORDER BY tenant_id) AS tenants,
           NOT all_tenants AND coalesce((SELECT bool_and(tenants.status = 'suspended') FROM api_key_tenants
             JOIN tenants ON tenants.id = tenant_id WHERE key_id = api_keys.id), false) AS "isSuspended"
    FROM api_keys WHERE id = ${id}`;
  return row;
}

function toRecord(id: string, row: KeyRow | undefined): KeyRecord | undefined {
  if (row === undefined || row.isRevoked) return undefined;
  const { permissions, allTenants, tenants, expiresAt, rateLimitRps, isSuspended } = row;
  const principal: Principal = {
    credentialId: id,
    permissions: new Set(permissions),
    tenants: allTenants ? 'all' : tenants,
    ...(expiresAt === null ? {} : { expiresAt: expiresAt.getTime() }),
    ...(rateLimitRps === null ? {} : { rateLimitRps }),
    ...(isSuspended ? { isSuspended } : {}),
  };
  const endsAt = expiresAt?.getTime() ?? Number.POSITIVE_INFINITY;
  return { id, principal, answer: Promise.resolve(principal), expiresAt: endsAt, notedAt: 0 };
}

/** A tenant by id, code, slug or number; where one text fits several tenants, in this order. */
export async function readTenant(sql: Sql, reference: string): Promise<Tenant | undefined> {
  if (!referencePattern.test(reference)) return undefined;
  const number = /^\d{1,10}$/.test(reference) && Number(reference) <= maxTenantNumber ? Number(reference) : -1;
  const [row] = await sql<TenantRow[]>`
    SELECT ${tenantColumns(sql)} FROM tenants
    WHERE deleted_at IS NULL
      AND (id = ${reference} OR code = upper(${reference}) OR slug = lower(${reference}) OR number = ${number})
    ORDER BY id = ${reference} DESC, code = upper(${reference}) DESC, slug = lower(${reference}) DESC
    LIMIT 1`;
  return row === undefined ? undefined : toTenant(row);
}

/** Every tenant in the order of their code. */
export async function readTenants(sql: Sql): Promise<Tenant[]> {
  const rows = await sql<TenantRow[]>`SELECT ${tenantColumns(sql)} FROM tenants WHERE deleted_at IS NULL ORDER BY code`;
  return rows.map(toTenant);
}

export async function readCatalog(sql: Sql, tenant: string): Promise<Catalog> {
  const [capabilities, metrics] = await Promise.all([
    sql<Capability[]>`SELECT code, name FROM capabilities WHERE tenant_id = ${tenant} ORDER BY code`,
    sql<MetricDefinition[]>`
      SELECT id, capability, metric_type AS "metricType", display_name AS "displayName", unit,
             sla_dimension AS "slaDimension", sla_targets AS "slaTargets"
      FROM metric_definitions WHERE tenant_id = ${tenant} ORDER BY id`,
  ]);
  return {
    capabilities: new Map(capabilities.map((capability) => [capability.code, { ...capability }])),
    metrics: new Map(metrics.map((metric) => [metric.id, { ...metric }])),
  };
}

interface WindowRow {
  id: number;
  from: Date | null;
  to: Date | null;
  services: string[];
}

export async function readMutingWindows(sql: Sql, tenant: string): Promise<readonly MaintenanceWindow[]> {
  const rows = await sql<WindowRow[]>`
    SELECT id, ${intervalColumns(sql)},
           ARRAY(SELECT service FROM maintenance_window_services WHERE window_id = maintenance_windows.id) AS services
    FROM maintenance_windows
    WHERE tenant_id = ${tenant} AND suppress_alerts AND status IN ('scheduled', 'active')
    ORDER BY id`;
  return rows.map(({ id, from, to, services }) => ({
    id: String(id),
    services: new Set(services),
    from: from?.getTime() ?? Number.POSITIVE_INFINITY,
    to: to?.getTime() ?? Number.POSITIVE_INFINITY,
  }));
}

function tenantColumns(sql: Sql) {
  return sql`id, number, code, slug, name, status, plan, data_retention_days AS "dataRetentionDays", shard, created_at AS "createdAt"`;
}

function toTenant(row: TenantRow): Tenant {
  return { ...row, createdAt: row.createdAt.getTime() };
}
