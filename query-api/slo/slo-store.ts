import { ApiError, notFound } from '../../platform/errors.ts';
import type { SqlRunner } from '../../platform/postgres.ts';
import { readMaintenancePeriods, type TenantMaintenancePeriod } from '../../platform/tenancy/maintenance-periods.ts';
import type { Tenant } from '../../platform/tenancy/tenancy.ts';
import { SLO_LIMITS } from '../../schemas/api/slo.ts';
import type { SloDefinition } from '../../schemas/control/control-record.ts';
import type { Call } from '../control/call.ts';
import { withChange } from '../control/changes.ts';
import type { ControlOptions } from '../control/control-options.ts';

/** An SLO as it is kept. */
export interface StoredSlo extends SloDefinition {
  /** Id of the tenant. */
  tenant: string;
  name: string;
  createdAt: Date;
  updatedAt: Date;
}

export type SloToPut = Omit<StoredSlo, 'tenant' | 'createdAt' | 'updatedAt'>;

/** The SLOs of tenants in the control plane. What is put reaches the processors within two seconds. */
export interface SloStore {
  /** Creates or replaces. ApiError 403 when the tenant has as many as it may. */
  put(call: Call, slo: { tenant: Tenant; slo: SloToPut }): Promise<StoredSlo>;
  /** ApiError 404 when there is none. */
  remove(call: Call, slo: { tenant: Tenant; id: string }): Promise<void>;
  /** ApiError 404 when there is none. */
  find(tenant: string, id: string): Promise<StoredSlo>;
  /** In the order of tenants and ids, and how many there are in all. */
  list(
    tenants: readonly string[],
    page: { offset: number; limit: number },
  ): Promise<{ slos: StoredSlo[]; totalCount: number }>;
  /** Maintenance that takes its minutes out of SLOs, of the tenants, the newest first: what the processors are told too. */
  excludedPeriods(tenants: readonly string[]): Promise<TenantMaintenancePeriod[]>;
}

export function createSloStore(options: ControlOptions): SloStore {
  const { sql } = options;
  return {
    put: (call, slo) => putSlo(options, call, slo),
    remove: (call, slo) => removeSlo(options, call, slo),
    async find(tenant, id) {
      const found = await readSlo(sql, { tenant, id });
      if (found === undefined) throw missing(id);
      return found;
    },
    async list(tenants, { offset, limit }) {
      const slos = await sql<StoredSlo[]>`
        SELECT ${columnsOf(sql)} FROM slos WHERE tenant_id = ANY (${[...tenants]}::text[])
        ORDER BY tenant_id, id LIMIT ${limit} OFFSET ${offset}`;
      const [counted] = await sql<{ count: number }[]>`
        SELECT count(*)::integer AS count FROM slos WHERE tenant_id = ANY (${[...tenants]}::text[])`;
      return { slos: [...slos], totalCount: counted?.count ?? 0 };
    },
    async excludedPeriods(tenants) {
      const periods = await readMaintenancePeriods(sql, tenants);
      return periods.filter(({ excludeFromSla }) => excludeFromSla);
    },
  };
}

const missing = (id: string) => notFound(`There is no SLO '${id}'.`);

const columnsOf = (sql: SqlRunner) => sql`
  tenant_id AS tenant, id, name, subject_kind AS "subjectKind", subject, metric, dimensions, objective, coalesce(window_days, 0) AS "windowDays",
  coalesce(calendar, 'none') AS calendar, time_zone AS "timeZone", min_events AS "minEvents", created_at AS "createdAt", updated_at AS "updatedAt"`;

async function readSlo(sql: SqlRunner, { tenant, id }: { tenant: string; id: string }): Promise<StoredSlo | undefined> {
  const [row] = await sql<StoredSlo[]>`SELECT ${columnsOf(sql)} FROM slos WHERE tenant_id = ${tenant} AND id = ${id}`;
  return row === undefined ? undefined : { ...row };
}

function putSlo(
  options: ControlOptions,
  call: Call,
  { tenant, slo }: { tenant: Tenant; slo: SloToPut },
): Promise<StoredSlo> {
  return withChange(options, {
    call,
    subject: { action: 'slo.put', objectType: 'slo', objectId: slo.id, tenant: tenant.id },
    async run(sql, report) {
      // The tenant stays locked until the end, so two requests cannot both take the last place.
      await sql`SELECT FROM tenants WHERE id = ${tenant.id} FOR NO KEY UPDATE`;
      const before = await readSlo(sql, { tenant: tenant.id, id: slo.id });
      if (before === undefined) await checkLimit(sql, tenant.id);
      await upsert(sql, { tenant: tenant.id, slo, at: new Date(options.now()) });
      const after = await readSlo(sql, { tenant: tenant.id, id: slo.id });
      if (after === undefined) throw new Error('an SLO that was just stored cannot be read');
      report({ objectId: slo.id, tenant: tenant.id, before: before && auditedOf(before), after: auditedOf(after) });
      return after;
    },
  });
}

async function checkLimit(sql: SqlRunner, tenant: string): Promise<void> {
  const [counted] = await sql<{ count: number }[]>`
    SELECT count(*)::integer AS count FROM slos WHERE tenant_id = ${tenant}`;
  if ((counted?.count ?? 0) < SLO_LIMITS.slos) return;
  const message = `An organization is limited to ${SLO_LIMITS.slos} SLOs.`;
  throw new ApiError(403, { code: 'slo_limit_exceeded', message });
}

async function upsert(sql: SqlRunner, { tenant, slo, at }: { tenant: string; slo: SloToPut; at: Date }): Promise<void> {
  const { id, name, subjectKind, subject, metric, dimensions, objective, timeZone, minEvents } = slo;
  const windowDays = slo.calendar === 'none' ? slo.windowDays : null;
  const calendar = slo.calendar === 'none' ? null : slo.calendar;
  await sql`
    INSERT INTO slos (tenant_id, id, name, subject_kind, subject, metric, dimensions, objective, window_days, calendar, time_zone, min_events,
      created_at, updated_at)
    VALUES (${tenant}, ${id}, ${name}, ${subjectKind}, ${subject}, ${metric}, ${sql.json(dimensions)}, ${objective}, ${windowDays}, ${calendar},
      ${timeZone}, ${minEvents}, ${at}, ${at})
    ON CONFLICT (tenant_id, id) DO UPDATE SET
      name = excluded.name, subject_kind = excluded.subject_kind, subject = excluded.subject, metric = excluded.metric,
      dimensions = excluded.dimensions, objective = excluded.objective, window_days = excluded.window_days, calendar = excluded.calendar,
      time_zone = excluded.time_zone, min_events = excluded.min_events, updated_at = excluded.updated_at`;
}

async function removeSlo(
  options: ControlOptions,
  call: Call,
  { tenant, id }: { tenant: Tenant; id: string },
): Promise<void> {
  await withChange(options, {
    call,
    subject: { action: 'slo.delete', objectType: 'slo', objectId: id, tenant: tenant.id },
    async run(sql, report) {
      const before = await readSlo(sql, { tenant: tenant.id, id });
      if (before === undefined) throw missing(id);
      await sql`DELETE FROM slos WHERE tenant_id = ${tenant.id} AND id = ${id}`;
      report({ objectId: id, tenant: tenant.id, before: auditedOf(before) });
    },
  });
}

/** As JSON values. */
const auditedOf = ({ createdAt, updatedAt, ...definition }: StoredSlo) => ({
  ...definition,
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt.toISOString(),
});
