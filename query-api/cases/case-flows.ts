import type { Sql, SqlRunner } from '../../platform/postgres.ts';
import type { Tenant } from '../../platform/tenancy/tenancy.ts';
import type { FlowView, PutFlow } from '../../schemas/api/case-flows.ts';
import type { Call } from '../control/call.ts';
import { type ChangeOptions, withChange } from '../control/changes.ts';

/** A flow without whose it is. */
export type Flow = Omit<FlowView, 'orgCode' | 'capabilityCode'>;

/** The flow of one capability, which the caller may touch and which exists. */
export interface FlowPlace {
  tenant: Tenant;
  capability: string;
}

export interface FlowToPut extends FlowPlace {
  definition: PutFlow;
}

/** The flow of a capability; undefined when none was defined. */
export async function readFlow(
  sql: Sql | SqlRunner,
  { tenant, capability }: FlowPlace,
  { isLocked = false } = {},
): Promise<Flow | undefined> {
  const [row] = await sql<FlowRow[]>`
    SELECT end_milestones AS "endMilestones", target_ms::float8 AS "targetMs", deadline_dimension AS "deadlineDimension",
           stage_targets_ms AS "stageTargetsMs", stuck_after_ms::float8 AS "stuckAfterMs",
           pauses_in_maintenance AS "pausesInMaintenance"
    FROM case_flows WHERE tenant_id = ${tenant.id} AND capability = ${capability} ${isLocked ? sql`FOR UPDATE` : sql``}`;
  return row === undefined ? undefined : { ...row, deadlineDimension: row.deadlineDimension || null };
}

interface FlowRow extends Omit<Flow, 'deadlineDimension'> {
  deadlineDimension: string;
}

/** Creates or replaces the flow of a capability; what is not given gets its default. The triggers of its table tell the processors. */
export function putFlow(
  options: ChangeOptions,
  call: Call,
  { tenant, capability, definition }: FlowToPut,
): Promise<Flow> {
  const { targetMs = null, deadlineDimension = null, stageTargetsMs = {}, stuckAfterMs = null } = definition;
  const { pausesInMaintenance = true } = definition;
  const endMilestones = [...new Set(definition.endMilestones)];
  const flow: Flow = { endMilestones, targetMs, deadlineDimension, stageTargetsMs, stuckAfterMs, pausesInMaintenance };
  return withChange(options, {
    call,
    subject: subjectOf('flow.put', { tenant, capability }),
    async run(sql, report) {
      const before = await readFlow(sql, { tenant, capability }, { isLocked: true });
      const at = new Date(options.now());
      await sql`
        INSERT INTO case_flows
          (tenant_id, capability, end_milestones, target_ms, deadline_dimension, stage_targets_ms, stuck_after_ms,
           pauses_in_maintenance, created_at, updated_at)
        VALUES (${tenant.id}, ${capability}, ${endMilestones}, ${targetMs}, ${deadlineDimension ?? ''}, ${sql.json(stageTargetsMs)},
                ${stuckAfterMs}, ${pausesInMaintenance}, ${at}, ${at})
        ON CONFLICT (tenant_id, capability) DO UPDATE SET
          end_milestones = excluded.end_milestones, target_ms = excluded.target_ms,
          deadline_dimension = excluded.deadline_dimension, stage_targets_ms = excluded.stage_targets_ms,
          stuck_after_ms = excluded.stuck_after_ms, pauses_in_maintenance = excluded.pauses_in_maintenance,
          updated_at = excluded.updated_at`;
      report({ objectId: capability, tenant: tenant.id, before, after: flow });
      return flow;
    },
  });
}

/** Takes the flow of a capability away: its cases stay open from then on. Whether there was one. */
export function deleteFlow(options: ChangeOptions, call: Call, place: FlowPlace): Promise<boolean> {
  const { tenant, capability } = place;
  return withChange(options, {
    call,
    subject: subjectOf('flow.delete', place),
    async run(sql, report) {
      const before = await readFlow(sql, place, { isLocked: true });
      await sql`DELETE FROM case_flows WHERE tenant_id = ${tenant.id} AND capability = ${capability}`;
      report({ objectId: capability, tenant: tenant.id, before });
      return before !== undefined;
    },
  });
}

const subjectOf = (action: string, { tenant, capability }: FlowPlace) => ({
  ...{ action, objectType: 'flow', objectId: capability, tenant: tenant.id },
});

export const toFlowView = ({ tenant, capability }: FlowPlace, flow: Flow): FlowView => ({
  ...{ orgCode: tenant.code, capabilityCode: capability },
  ...flow,
});
