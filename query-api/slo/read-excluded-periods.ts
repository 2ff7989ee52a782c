import type { SqlRunner } from '../../platform/postgres.ts';
import type { MaintenancePeriod } from '../../schemas/control/control-record.ts';
import { OPEN_END } from '../../schemas/control/control-record.ts';

/** As many of a tenant as reach the processors. */
export const MAX_EXCLUDED_PERIODS = 5_000;

export interface ExcludedPeriod extends MaintenancePeriod {
  /** Id of the tenant. */
  tenant: string;
}

interface PeriodRow {
  tenant: string;
  id: string;
  subjects: string[];
  from: Date;
  to: Date | null;
}

/** Maintenance that takes its minutes out of SLOs, in force, past or to come by itself, newest first: what the processors are told too. */
export async function readExcludedPeriods(sql: SqlRunner, tenants: readonly string[]): Promise<ExcludedPeriod[]> {
  const rows = await sql<PeriodRow[]>`
    SELECT tenant, id::text, "from", "to",
           ARRAY(SELECT service FROM maintenance_window_services WHERE window_id = periods.id ORDER BY service) AS subjects
    FROM (
      SELECT *, row_number() OVER (PARTITION BY tenant ORDER BY "from" DESC, id DESC) AS place
      FROM (
        SELECT tenant_id AS tenant, id, exclude_from_sla, coalesce(actual_start, CASE WHEN auto_start THEN scheduled_start END) AS "from",
               coalesce(actual_end, CASE WHEN auto_end THEN scheduled_end END) AS "to"
        FROM maintenance_windows
        WHERE tenant_id = ANY (${[...tenants]}::text[]) AND status <> 'cancelled' AND (exclude_from_sla OR suppress_alerts)
      ) AS windows
      WHERE "from" IS NOT NULL
    ) AS periods
    WHERE place <= ${MAX_EXCLUDED_PERIODS} AND exclude_from_sla
    ORDER BY "from" DESC, id DESC`;
  return rows.map(({ from, to, ...period }) => ({
    ...period,
    from: from.getTime(),
    to: to?.getTime() ?? OPEN_END,
    ...{ excludeFromSla: true, suppressAlerts: false },
  }));
}
