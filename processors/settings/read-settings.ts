import type { Sql } from '../../platform/postgres.ts';
import {
  type CaseFlow,
  type MaintenancePeriod,
  OPEN_END,
  type SloDefinition,
  type TenantSettings,
} from '../../schemas/control/control-record.ts';

/** The last so many maintenance windows of a tenant reach the processors. */
export const MAX_MAINTENANCE_PERIODS = 5_000;

interface PeriodRow extends Omit<MaintenancePeriod, 'from' | 'to'> {
  from: Date;
  to: Date | null;
}

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

/** Windows in force, past or to come by themselves; one that waits for somebody to start it is none yet. */
async function readMaintenance(sql: Sql, tenant: string): Promise<MaintenancePeriod[]> {
  const rows = await sql<PeriodRow[]>`
    SELECT id::text, "from", "to", exclude_from_sla AS "excludeFromSla", suppress_alerts AS "suppressAlerts",
           ARRAY(SELECT service FROM maintenance_window_services WHERE window_id = windows.id ORDER BY service) AS subjects
    FROM (
      SELECT *, coalesce(actual_start, CASE WHEN auto_start THEN scheduled_start END) AS "from",
             coalesce(actual_end, CASE WHEN auto_end THEN scheduled_end END) AS "to"
      FROM maintenance_windows
      WHERE tenant_id = ${tenant} AND status <> 'cancelled' AND (exclude_from_sla OR suppress_alerts)
    ) AS windows
    WHERE "from" IS NOT NULL
    ORDER BY "from" DESC, windows.id DESC
    LIMIT ${MAX_MAINTENANCE_PERIODS}`;
  return rows.map(({ from, to, ...period }) => ({
    ...period,
    from: from.getTime(),
    to: to?.getTime() ?? OPEN_END,
  }));
}
