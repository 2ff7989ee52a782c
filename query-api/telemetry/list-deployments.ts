import type { DeploymentList, DeploymentListQuery, ListedDeployment } from '../../schemas/api/telemetry-reads.ts';
import type { QueryApiDeps } from '../deps.ts';
import { loadQuery } from '../queries.ts';
import { formatInstant } from '../range.ts';
import type { SelectionRequest } from '../selection.ts';
import { read } from '../store.ts';
import { type PageQuestion, readPage } from './read-page.ts';

export interface DeploymentListRequest extends Omit<SelectionRequest, 'query'> {
  query: DeploymentListQuery;
}

interface DeploymentRow extends Required<Omit<ListedDeployment, 'orgCode' | 'timestamp'>> {
  tenant: string;
  atMs: number;
}

const deploymentsQuery = loadQuery('deployments');

/** One page of the selected deployments, newest first. ApiError 400 for bad filters. */
export async function listDeployments(
  deps: QueryApiDeps,
  { principal, query, signal }: DeploymentListRequest,
): Promise<DeploymentList> {
  const { service = '', environment = '' } = query;
  const page = await readPage(deps, { principal, signal, query, list: ['deployments', service, environment] });
  const { range, limit, meta } = page;
  if (range === undefined) return { data: [], meta: { ...meta, nextCursor: null } };
  const [at = range.to, afterId = '', afterTenant = ''] = page.after ?? [];
  const position = { from: new Date(range.from), until: new Date(Number(at)), afterId, afterTenant };
  const params = { tenants: [...page.tenants.keys()], service, environment, ...position, limit: limit + 1 };
  const rows = await read<DeploymentRow>(deps.clickhouse, { query: deploymentsQuery, params, signal });
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  const nextCursor = last === undefined ? null : page.cursorAfter([last.atMs, last.id, last.tenant]);
  return { data: shown.map((row) => toDeployment(row, page)), meta: { ...meta, nextCursor } };
}

function toDeployment(row: DeploymentRow, { tenants }: PageQuestion): ListedDeployment {
  const { tenant, id, service, version, environment, gitHash, atMs, metadata } = row;
  return {
    id,
    orgCode: tenants.get(tenant)?.code ?? '',
    service,
    version,
    environment,
    ...(gitHash === '' ? {} : { gitHash }),
    timestamp: formatInstant(atMs),
    metadata,
  };
}
