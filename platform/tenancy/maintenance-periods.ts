import { type MaintenancePeriod, OPEN_END } from '../../schemas/control/control-record.ts';
import type { SqlRunner } from '../postgres.ts';

/** The last so many maintenance windows of a tenant count. */
export const MAX_MAINTENANCE_PERIODS = 5_000;

export interface TenantMaintenancePeriod extends MaintenancePeriod {
  /** Id of the tenant. */
  tenant: string;
}

interface PeriodRow extends Omit<TenantMaintenancePeriod, 'from' | 'to'> {
  from: Date;
  to: Date | null;
}

/** When a row of `maintenance_windows` is in force, as columns `from` and `to`: null where it waits for someone. */
export const intervalColumns = (sql: SqlRunner) => sql`
  coalesce(actual_start, CASE WHEN auto_start THEN scheduled_start END) AS "from",
  coalesce(actual_end, CASE WHEN auto_end THEN scheduled_end END) AS "to"`;

/**
 * Maintenance that means something to SLOs or alerts, in force, past or to come by itself, newest first; one that waits for somebody to start it is
 * none yet.
 */
export async function readMaintenancePeriods(
  sql: SqlRunner,
  tenants: readonly string[],
): Promise<TenantMaintenancePeriod[]> {
  const rows = await sql<PeriodRow[]>`
    SELECT tenant_id AS tenant, id::text, "from", "to", exclude_from_sla AS "excludeFromSla", suppress_alerts AS "suppressAlerts",
           ARRAY(SELECT service FROM maintenance_window_services WHERE window_id = periods.id ORDER BY service) AS subjects
    FROM (
      SELECT *, row_number() OVER (PARTITION BY tenant_id ORDER BY "from" DESC, id DESC) AS place
      FROM (
        SELECT tenant_id, id, exclude_from_sla, suppress_alerts, ${intervalColumns(sql)}
        FROM maintenance_windows
        WHERE tenant_id = ANY (${[...tenants]}::text[]) AND status <> 'cancelled' AND (exclude_from_sla OR suppress_alerts)
      ) AS windows
      WHERE "from" IS NOT NULL
    ) AS periods
    WHERE place <= ${MAX_MAINTENANCE_PERIODS}
    ORDER BY "from" DESC, id DESC`;
  return rows.map(({ from, to, ...period }) => ({
    ...period,
    from: from.getTime(),
    to: to?.getTime() ?? OPEN_END,
  }));
}
