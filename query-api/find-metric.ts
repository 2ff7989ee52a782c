import type { ClickHouse } from '../platform/clickhouse.ts';
import { notFound } from '../platform/errors.ts';
import { resolveTenant } from '../platform/http/tenant-scope.ts';
import type { Directory, Principal, Tenant } from '../platform/tenancy/tenancy.ts';
import { defaultDefinition } from './control/default-definition.ts';
import type { MetricInTenant } from './describe-metric.ts';
import type { SubjectKind } from './measurements.ts';
import { loadQuery } from './queries.ts';
import { read } from './store.ts';

export interface MetricQuestion {
  principal: Principal;
  id: string;
  orgCode: string | undefined;
  signal: AbortSignal;
}

const metricQuery = loadQuery('metric-by-id');

/** The metric of an id with its tenant: a defined one, else one only seen in events, else one of a service. ApiError 404 when there is none, 400 when the tenant is not clear. */
export async function findMetric(
  { clickhouse, directory }: { clickhouse: ClickHouse; directory: Directory },
  { principal, id, orgCode, signal }: MetricQuestion,
): Promise<MetricInTenant> {
  const tenant = await resolveTenant({ directory, principal, reference: orgCode, purpose: 'read' });
  const { metrics } = await directory.catalog(tenant.id);
  const defined = metrics.get(id);
  if (defined !== undefined) return { tenant, metric: defined, subjectKind: 'capability' };
  const seen = await findSeenMetric(clickhouse, { tenant, id, signal });
  if (seen === undefined) throw notFound(`There is no metric '${id}'.`);
  return { tenant, ...seen };
}

interface SeenMetric {
  subjectKind: SubjectKind;
  capability: string;
  metricType: string;
}

async function findSeenMetric(
  clickhouse: ClickHouse,
  { tenant, id, signal }: { tenant: Tenant; id: string; signal: AbortSignal },
): Promise<Omit<MetricInTenant, 'tenant'> | undefined> {
  const [seen] = await read<SeenMetric>(clickhouse, {
    query: metricQuery,
    params: { tenant: tenant.id, id },
    signal,
  });
  if (seen === undefined) return undefined;
  const { subjectKind, capability, metricType } = seen;
  const named = { id, capability, metricType, ...defaultDefinition(capability, metricType), slaTargets: {} };
  return { subjectKind, metric: named };
}
