import type { Sql } from '../../platform/postgres.ts';
import { readMaintenancePeriods } from '../../platform/tenancy/maintenance-periods.ts';
import type {
  CaseFlow,
  MaintenancePeriod,
  SloDefinition,
  TenantSettings,
} from '../../schemas/control/control-record.ts';

/** What the tenant has set as of now; `revision` is of the row that says that it changed. */
export async function readSettings(sql: Sql, tenant: string, revision: number): Promise<TenantSettings> {
  const [slos, flows, maintenance] = await Promise.all([
    readSlos(sql, tenant),
    readFlows(sql, tenant),
    readMaintenance(sql, tenant),
  ]);
  return { revision, slos, flows, maintenance };
}

function readSlos(sql: Sql, tenant: string): Promise<SloDefinition[]> {
  return sql<SloDefinition[]>`
    SELECT id, subject_kind AS "subjectKind", subject, metric, dimensions, objective, coalesce(window_days, 0) AS "windowDays",
           coalesce(calendar, 'none') AS calendar, time_zone AS "timeZone", min_events AS "minEvents"
    FROM slos
    WHERE tenant_id = ${tenant}
    ORDER BY id`;
}

async function readFlows(sql: Sql, tenant: string): Promise<CaseFlow[]> {
  const rows = await sql<CaseFlow[]>`
    SELECT capability, end_milestones AS "endMilestones", target_ms::float8 AS "targetMs", deadline_dimension AS "deadlineDimension",
           stage_targets_ms AS "stageTargetsMs", stuck_after_ms::float8 AS "stuckAfterMs", pauses_in_maintenance AS "pausesInMaintenance"
    FROM case_flows
    WHERE tenant_id = ${tenant}
    ORDER BY capability`;
  return [...rows];
}

async function readMaintenance(sql: Sql, tenant: string): Promise<MaintenancePeriod[]> {
  const periods = await readMaintenancePeriods(sql, [tenant]);
  return periods.map(({ tenant: _, ...period }) => period);
}
