import { resolveTenants } from '../../platform/http/tenant-scope.ts';
import type { Principal } from '../../platform/tenancy/tenancy.ts';
import { SLO_LIMITS, type SloList, type SloListQuery } from '../../schemas/api/slo.ts';
import type { QueryApiDeps } from '../deps.ts';
import { readSloStatus } from './describe-slo.ts';
import { readAsOf } from './read-as-of.ts';
import { toSloView } from './slo-view.ts';

export interface SloListRequest {
  principal: Principal;
  query: SloListQuery;
  signal: AbortSignal;
}

/** SLOs whose status is read at the same time: two queries each. */
const WIDTH = 4;

/** A page of the SLOs of one organization, or of all that the key may touch, each with its status. */
export async function listSlos(deps: QueryApiDeps, { principal, query, signal }: SloListRequest): Promise<SloList> {
  const { clickhouse, directory, control, now } = deps;
  const { page = 1, pageSize = SLO_LIMITS.defaultPageSize } = query;
  const at = readAsOf(query.at, now());
  const found = await resolveTenants({ directory, principal, reference: query.orgCode, purpose: 'read' });
  const tenants = new Map(found.map((tenant) => [tenant.id, tenant]));
  const { slos, totalCount } = await control.slos.list([...tenants.keys()], {
    offset: (page - 1) * pageSize,
    limit: pageSize,
  });
  const periods = await control.slos.excludedPeriods([...new Set(slos.map(({ tenant }) => tenant))]);
  const data = await inOrder(slos, async (slo) => {
    const own = periods.filter(({ tenant }) => tenant === slo.tenant);
    const status = await readSloStatus(clickhouse, { slo, periods: own, at, signal });
    return { ...toSloView(slo, tenants.get(slo.tenant)?.code ?? ''), status };
  });
  return { data, meta: { page, pageSize, totalCount } };
}

/** The results in the order of the items. */
async function inOrder<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (let from = 0; from < items.length; from += WIDTH)
    results.push(...(await Promise.all(items.slice(from, from + WIDTH).map(work))));
  return results;
}
