import type { ClickHouse } from '../platform/clickhouse.ts';
import { notFound } from '../platform/errors.ts';
import { resolveTenant } from '../platform/http/tenant-scope.ts';
import type { Directory, MetricDefinition, Principal, Tenant } from '../platform/tenancy/tenancy.ts';
import { defaultDefinition } from './control/default-definition.ts';
import { loadQuery } from './queries.ts';
import { read } from './store.ts';

export interface MetricQuestion {
  principal: Principal;
  id: string;
  orgCode: string | undefined;
  signal: AbortSignal;
}

const metricQuery = loadQuery('metric-by-id');

/** The metric of an id, defined or only seen in events, with its tenant. ApiError 404 when there is none, 400 when the tenant is not clear. */
export async function findMetric(
  { clickhouse, directory }: { clickhouse: ClickHouse; directory: Directory },
  { principal, id, orgCode, signal }: MetricQuestion,
): Promise<{ tenant: Tenant; metric: MetricDefinition }> {
  const tenant = await resolveTenant({ directory, principal, reference: orgCode, purpose: 'read' });
  const { metrics } = await directory.catalog(tenant.id);
  const metric = metrics.get(id) ?? (await findSeenMetric(clickhouse, { tenant, id, signal }));
  if (metric === undefined) throw notFound(`There is no metric '${id}'.`);
  return { tenant, metric };
}

interface SeenMetric {
  capability: string;
  metricType: string;
}

async function findSeenMetric(
  clickhouse: ClickHouse,
  { tenant, id, signal }: { tenant: Tenant; id: string; signal: AbortSignal },
): Promise<MetricDefinition | undefined> {
  const [seen] = await read<SeenMetric>(clickhouse, {
    query: metricQuery,
    params: { tenant: tenant.id, id },
    signal,
  });
  if (seen === undefined) return undefined;
  return { id, ...seen, ...defaultDefinition(seen.capability, seen.metricType), slaTargets: {} };
}
