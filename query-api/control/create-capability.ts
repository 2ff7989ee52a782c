import { conflict } from '../../platform/errors.ts';
import { type SqlRunner, violatedUniqueConstraint } from '../../platform/postgres.ts';
import { type Capability, metricId, type Tenant } from '../../platform/tenancy/tenancy.ts';
import type { NewCapability } from '../../schemas/api/capabilities.ts';
import type { Call } from './call.ts';
import { type ChangeToMake, withChange } from './changes.ts';
import type { ControlOptions } from './control-options.ts';
import { defaultDefinition } from './default-definition.ts';

export interface CapabilityToCreate {
  tenant: Tenant;
  capability: NewCapability;
}

/** Adds a capability and the metrics that come with it, all or nothing. ApiError 409 when the code or the id of a metric is taken. */
export async function createCapability(
  options: ControlOptions,
  call: Call,
  { tenant, capability: { code, name, metricTypes = [] } }: CapabilityToCreate,
): Promise<Capability> {
  const capability = { code, name: name.trim() };
  const at = new Date(options.now());
  const subject = { action: 'capability.create', objectType: 'capability', objectId: code, tenant: tenant.id };
  const run: ChangeToMake<Capability>['run'] = async (sql, report) => {
    await sql`
      INSERT INTO capabilities (tenant_id, code, name, created_at) VALUES (${tenant.id}, ${code}, ${capability.name}, ${at})`;
    const metrics = [...new Set(metricTypes)];
    await insertMetrics(sql, { tenant, capability: code, metricTypes: metrics, at });
    report({ objectId: code, tenant: tenant.id, after: { ...capability, metricTypes: metrics } });
    return capability;
  };
  try {
    return await withChange(options, { call, subject, run });
  } catch (error) {
    const constraint = violatedUniqueConstraint(error);
    if (constraint === undefined) throw error;
    throw constraint === 'metric_definitions_id_key' ? metricTaken(code, metricTypes) : capabilityTaken(tenant, code);
  }
}

interface NewMetrics {
  tenant: Tenant;
  capability: string;
  metricTypes: string[];
  at: Date;
}

async function insertMetrics(sql: SqlRunner, { tenant, capability, metricTypes, at }: NewMetrics): Promise<void> {
  if (metricTypes.length === 0) return;
  const rows = metricTypes.map((metricType) => {
    const { displayName, unit, slaDimension } = defaultDefinition(capability, metricType);
    return {
      tenant_id: tenant.id,
      capability,
      metric_type: metricType,
      display_name: displayName,
      unit,
      sla_dimension: slaDimension,
      sla_targets: sql.json({}),
      updated_at: at,
    };
  });
  await sql`INSERT INTO metric_definitions ${sql(rows)}`;
}

const capabilityTaken = (tenant: Tenant, code: string) =>
  conflict(`The organization '${tenant.code}' has a capability '${code}' already.`);

const metricTaken = (code: string, metricTypes: readonly string[]) =>
  conflict(`Another capability has one of the metrics ${metricTypes.map((type) => metricId(code, type)).join(', ')}.`);
