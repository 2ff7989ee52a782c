import { invalidRequest } from '../../platform/http/issues.ts';
import type { PageTokens } from '../../platform/http/page-tokens.ts';
import { resolveTenants } from '../../platform/http/tenant-scope.ts';
import type { Principal } from '../../platform/tenancy/tenancy.ts';
import { ANOMALY_LIMITS, type AnomalyList, type AnomalyQuery } from '../../schemas/api/anomalies.ts';
import type { QueryApiDeps } from '../deps.ts';
import { type Range, readRange } from '../range.ts';
import { toAnomaly } from './anomaly-view.ts';
import { type AnomalyPosition, readAnomalies } from './read-anomalies.ts';

export interface AnomalyListRequest {
  principal: Principal;
  query: AnomalyQuery;
  signal: AbortSignal;
}

/** What bounds a list without `since` or `until`. */
const EVER = { from: '1970-01-01', to: '2106-02-07' };
const fields = { from: 'since', to: 'until' } as const;

/** The page of anomalies a request asks for. ApiError 400 for a bad filter or page token, 404 for a foreign organization. */
export async function listAnomalies(deps: QueryApiDeps, request: AnomalyListRequest): Promise<AnomalyList> {
  const { principal, query, signal } = request;
  const { service_id: service = '', kind = '', resolved, min_score: minScore = 0 } = query;
  const { limit = ANOMALY_LIMITS.defaultPageSize } = query;
  const range = rangeOf(query, deps.now());
  const found = await resolveTenants({ ...deps, principal, reference: query.orgCode, purpose: 'read' });
  const tenants = found.map(({ id }) => id);
  const list = ['anomalies', tenants, service, kind, resolved ?? null, minScore, range.from, range.to];
  const after = positionOf(deps.pageTokens, query.page_token, list);
  const resolutions = new Map((await deps.control.resolutions.list(tenants, range)).map((one) => [one.id, one]));
  const resolvedIds = [...resolutions.keys()];
  const filter = { tenants, range, service, kind, resolved, resolvedIds, minScore, signal } as const;
  const { anomalies, total, next } = await readAnomalies(deps.clickhouse, filter, { after, limit });
  return {
    anomalies: anomalies.map((stored) => toAnomaly(stored, resolutions.get(stored.id))),
    total,
    page_token: next === undefined ? null : deps.pageTokens.sign(textOf(next), list),
  };
}

function rangeOf({ since, until }: AnomalyQuery, now: number): Range {
  const result = readRange({ from: since ?? EVER.from, to: until ?? EVER.to }, { now, retentionDays: 0 });
  if ('range' in result) return result.range;
  const { field, issue } = result.issue;
  throw invalidRequest('querystring', [{ field: fields[field], issue: issue.replace(/ to$/, ' until') }]);
}

function positionOf(tokens: PageTokens, token: string | undefined, list: unknown): AnomalyPosition | undefined {
  if (token === undefined) return undefined;
  const [detectedAt, id, tenant] = (tokens.open(token, list) ?? '').split(' ');
  if (id !== undefined && tenant !== undefined) return { detectedAtMs: Number(detectedAt), id, tenant };
  throw invalidRequest('querystring', [{ field: 'page_token', issue: 'must be the page_token of the same list' }]);
}

const textOf = ({ detectedAtMs, id, tenant }: AnomalyPosition): string => `${detectedAtMs} ${id} ${tenant}`;
