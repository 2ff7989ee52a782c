import type { Sql } from '../../platform/postgres.ts';
import { ArgumentError } from '../audit/read-arguments.ts';
import type { SlaDimensionOf } from './overrides.ts';

const usualDimension = 'urgency';

/** Id of the organization with this code or id. Throws {@link ArgumentError} when there is none. */
export async function readTenantId(sql: Sql, codeOrId: string): Promise<string> {
  const [tenant] = await sql<{ id: string }[]>`
    SELECT id FROM tenants WHERE id = ${codeOrId} OR code = ${codeOrId} ORDER BY id = ${codeOrId} DESC LIMIT 1`;
  if (tenant === undefined) throw new ArgumentError(`--tenant ${codeOrId}: there is no such organization`);
  return tenant.id;
}

/** The dimensions by which targets differ, as metrics are defined now. */
export async function readSlaDimensions(sql: Sql): Promise<SlaDimensionOf> {
  const rows = await sql<{ tenant: string; capability: string; metric: string; dimension: string }[]>`
    SELECT tenant_id AS tenant, capability, metric_type AS metric, sla_dimension AS dimension FROM metric_definitions`;
  const names = new Map(
    rows.map(({ tenant, capability, metric, dimension }) => [[tenant, capability, metric].join('\0'), dimension]),
  );
  return (tenant, capability, metric) => names.get([tenant, capability, metric].join('\0')) ?? usualDimension;
}
