import { conflict, notFound } from '../../platform/errors.ts';
import { type SqlRunner, violatedUniqueConstraint } from '../../platform/postgres.ts';
import { type Catalog, type MetricDefinition, metricId, type Tenant } from '../../platform/tenancy/tenancy.ts';
import { CONTROL_LIMITS } from '../../schemas/api/control-limits.ts';
import type { PutMetric } from '../../schemas/api/metric-definitions.ts';
import type { Call } from './call.ts';
import { type ChangeToMake, withChange } from './changes.ts';
import type { ControlOptions } from './control-options.ts';
import { defaultDefinition } from './default-definition.ts';

export interface MetricToPut {
  tenant: Tenant;
  catalog: Catalog;
  id: string;
  definition: PutMetric;
}

/** Creates or replaces the definition of a metric; what is not given gets its default. */
export async function putMetric(options: ControlOptions, call: Call, metric: MetricToPut): Promise<MetricDefinition> {
  const { tenant, catalog, id, definition } = metric;
  const parts = splitMetricId(id, catalog);
  if (parts === undefined) throw notFound();
  const { capability, metricType } = parts;
  const { orgCode: _, ...given } = definition;
  const complete: MetricDefinition = {
    ...defaultDefinition(capability, metricType),
    slaTargets: {},
    ...given,
    id,
    capability,
    metricType,
  };
  const subject = { action: 'metric.put', objectType: 'metric', objectId: id, tenant: tenant.id };
  const run: ChangeToMake<MetricDefinition>['run'] = async (sql, report) => {
    const before = await lockDefinition(sql, tenant.id, id);
    await upsertDefinition(sql, { tenant, definition: complete, at: new Date(options.now()) });
    report({ objectId: id, tenant: tenant.id, before, after: complete });
    return complete;
  };
  try {
    return await withChange(options, { call, subject, run });
  } catch (error) {
    if (violatedUniqueConstraint(error) === undefined) throw error;
    throw conflict(`Another capability has the metric '${id}'.`);
  }
}

async function lockDefinition(sql: SqlRunner, tenant: string, id: string): Promise<MetricDefinition | undefined> {
  const [row] = await sql<MetricDefinition[]>`
    SELECT id, capability, metric_type AS "metricType", display_name AS "displayName", unit,
           sla_dimension AS "slaDimension", sla_targets AS "slaTargets"
    FROM metric_definitions WHERE tenant_id = ${tenant} AND id = ${id} FOR UPDATE`;
  return row === undefined ? undefined : { ...row };
}

interface DefinitionToStore {
  tenant: Tenant;
  definition: MetricDefinition;
  at: Date;
}

async function upsertDefinition(sql: SqlRunner, { tenant, definition, at }: DefinitionToStore): Promise<void> {
  const { capability, metricType, displayName, unit, slaDimension, slaTargets } = definition;
  await sql`
    INSERT INTO metric_definitions
      (tenant_id, capability, metric_type, display_name, unit, sla_dimension, sla_targets, updated_at)
    VALUES (${tenant.id}, ${capability}, ${metricType}, ${displayName}, ${unit}, ${slaDimension}, ${sql.json(slaTargets)}, ${at})
    ON CONFLICT (tenant_id, capability, metric_type) DO UPDATE SET
      display_name = excluded.display_name, unit = excluded.unit, sla_dimension = excluded.sla_dimension,
      sla_targets = excluded.sla_targets, updated_at = excluded.updated_at`;
}

const metricTypePattern = new RegExp(`^[A-Za-z0-9_.-]{1,${CONTROL_LIMITS.metricTypeLength}}$`);

/**
 * The capability and metric type an id stands for. Codes may contain underscores, so an id can be read in several ways: an existing
 * definition decides, then the longest existing capability. Undefined when no capability fits.
 */
export function splitMetricId(
  id: string,
  catalog: Catalog,
): Pick<MetricDefinition, 'capability' | 'metricType'> | undefined {
  const defined = catalog.metrics.get(id);
  if (defined !== undefined) return defined;
  const [longest] = [...catalog.capabilities.keys()]
    .filter((capability) => id.startsWith(metricId(capability, '')))
    .sort((a, b) => b.length - a.length);
  if (longest === undefined) return undefined;
  const metricType = id.slice(metricId(longest, '').length);
  return metricTypePattern.test(metricType) ? { capability: longest, metricType } : undefined;
}
